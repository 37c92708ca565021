// esbuild's `binary` loader: the default import of a .gz file is its bytes.
declare module '*.gz' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
