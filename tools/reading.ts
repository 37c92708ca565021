// Renews the line numbers in docs/reading.md and docs/family.md: each link names a file, and the code to find in it follows the link.
// usage: node build.mjs reading
import { readFileSync, writeFileSync } from 'node:fs';

const GUIDES = ['docs/reading.md', 'docs/family.md'];
const link = /\[([^\s\]]+):(\d+)\]\(\.\.\/\S+#L\d+\)( \||:) `([^`]+)`/g;

for (const name of GUIDES) {
  const guide = readFileSync(name, 'utf8').replace(
    link,
    (whole, file: string, line: string, between: string, code: string) => {
      const lines = readFileSync(file, 'utf8').split('\n');
      const found = lines.flatMap((text, i) => (text.includes(code) ? [i + 1] : []));
      if (found.length === 0) {
        console.error(`reading: ${file} has no line with \`${code}\``);
        process.exitCode = 1;
        return whole;
      }
      const nearest = found.reduce((a, b) => (Math.abs(b - Number(line)) < Math.abs(a - Number(line)) ? b : a));
      return `[${file}:${nearest}](../${file}#L${nearest})${between} \`${code}\``;
    },
  );
  writeFileSync(name, guide);
}
