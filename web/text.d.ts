// An import that ends in `?text` is the file as it is, as text.
declare module '*?text' {
  const text: string;
  export default text;
}
