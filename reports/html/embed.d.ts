// An import that ends in `?page` is the file as text, bundled and minified for a browser by a plugin in build.mjs. hash: `sha256-` and the
// hash of that text, by which a Content-Security-Policy allows it.
declare module '*?page' {
  const text: string;
  export default text;
  export const hash: string;
}
