// An import that ends in `?page` is the file bundled and minified for a browser, as text. See the plugin in build.mjs.
declare module '*?page' {
  const text: string;
  export default text;
}
