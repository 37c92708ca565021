/** A committed page without its styles, scripts and checksums: what a change of the records or of the words changes. Styles and scripts are
 *  left out, because a person compares them: a change of them need not change a committed page. */
export const unstyled = (html: string): string =>
  html.replace(/<style>.*?<\/style>|<script>.*?<\/script>|sha256-[^&]*|<!-- checksum \w+ -->\n/gs, '');
