/** What a committed page shows of its records: its texts, tables and figures. Leaves out the styles and scripts, which a person compares, and
 *  the checksums, so that a change of them need not change a committed page. Numbers have 12 digits, because the last digits of powers and
 *  logarithms differ between versions of Node. */
export const comparable = (html: string): string =>
  html
    .replace(/<style>.*?<\/style>|<script>.*?<\/script>|sha256-[^&]*|<!-- checksum \w+ -->\n/gs, '')
    .replace(/\d+\.\d+(e[-+]?\d+)?/g, (digits) => String(Number(Number(digits).toPrecision(12))));
