// An import that ends in `?page` is the file as text, bundled and minified for a browser by a plugin in build.mjs.
declare module '*?page' {
  const text: string;
  export default text;
}
