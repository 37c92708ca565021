// A page in one file. It opens from disk and loads nothing: its Content-Security-Policy forbids loading. Text and tables are plain
// HTML; a script, bundled with uPlot at build time, draws the plots from JSON embedded in the page.
import { unbroken } from '../format.js';
import { embeddedJson, type Html, html, rawElement } from './html.js';

/** Only the script of this hash runs. Attributes and the plots set styles, so styles are allowed; pictures are data in the page. */
const policyOf = (hash: string) =>
  `default-src 'none'; style-src 'unsafe-inline'; script-src '${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;

/** The parts of a page. */
export interface Document {
  title: string;
  /** The version of boundgrad that made it. */
  version: string;
  style: string;
  header: Html;
  main: Html;
  /** The JSON for the script, and the id of its element. */
  data: { id: string; value: unknown };
  /** The script, and its hash. */
  script: { text: string; hash: string };
}

/** The whole page as text. */
export function documentOf({ title, version, style, header, main, data, script }: Document): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policyOf(script.hash)}">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="boundgrad ${version}">
<title>${title}</title>
${rawElement('style', style)}
</head>
<body>
<header>
${header}
</header>
<main>
${main}
</main>
<script type="application/json" id="${data.id}">${embeddedJson(data.value)}</script>
${rawElement('script', script.text)}
</body>
</html>
`.text;
}

/** An element for a plot, which the script fills; without scripts it shows a note. about: a description for readers who cannot see
 *  it. more: more words for the title. readout: whether an element below shows the values at the pointer. Default: true. */
export function plot(id: string, title: string, { readout = true, about = '', more = '' } = {}): Html {
  return html`<figure><figcaption>${unbroken(title + more)}</figcaption>
<div class="plot" id="${id}" role="img" tabindex="0" aria-label="${about ? `${title}. ${about}` : title}"><noscript>Plots need JavaScript; the tables do not.</noscript></div>
${readout && html`<p class="readout" id="${id}-readout" aria-live="polite"></p>`}</figure>`;
}

/** A command line as code. An option is not broken at its hyphens. */
export function commandLine(command: string): Html {
  const parts = command.split(/(?<= )(--[a-z][\w.-]*)(?=[ =]|$)/);
  return html`<code class="command">${parts.map((part, i) => (i % 2 ? html`<span class="option">${part}</span>` : part))}</code>`;
}
