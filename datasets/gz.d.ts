// esbuild's `binary` loader: the import is the file's bytes.
declare module '*.gz' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
