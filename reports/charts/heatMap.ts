// A heat map as a table of coloured cells: it needs no script, adapts to the width of the page, and can be printed.
import { type Html, html } from '../html/html.js';
import type { Heat } from './figure.js';

/** The number of shades: --heat-0 to --heat-8 of style.css, from dark to light, after viridis (Smith and van der Walt 2015). With `fromNothing`
 *  they go from the page's colour to a strong one, so that large values are seen first. */
const SHADES = 9;

/** The shade of a value. */
export function shadeOf(value: number, { from, to }: Heat['scale']): number {
  const share = to > from ? (value - from) / (to - from) : 1;
  return Math.min(SHADES - 1, Math.max(0, Math.floor(share * SHADES)));
}

/** The map with its heading and its scale. */
export function heatMap({ id, title, about, heads, rows, scale, fromNothing = false }: Heat): Html {
  // Whether a group of several columns begins at a column.
  const starts = heads.flatMap(({ columns }) => Array.from({ length: columns }, (_, i) => columns > 1 && i === 0));
  // Names that would not fit above their columns on a phone stand upright.
  const isUpright = heads.length * Math.max(0, ...heads.map((h) => h.text.length / h.columns)) > 45;
  const longest = Math.max(0, ...rows.map(({ name }) => name.length));
  const cell = (value: number | null, i: number, text?: string) => {
    // If other cells have texts, a cell without a text is not shaded, so that cells with values stand out.
    const shade = value === null || text === '' ? 'none' : shadeOf(value, scale);
    return html`<td class="${`h${shade}${starts[i] ? ' start' : ''}`}">${text ?? ''}</td>`;
  };
  const kinds = [
    'heat',
    ...(fromNothing ? ['from-nothing'] : []),
    ...(isUpright ? ['upright'] : []),
    ...(rows.some(({ text }) => text) ? [] : ['wordless']),
  ];
  return html`<figure class="${kinds.join(' ')}" id="${id}" style="--names: ${longest}"><figcaption>${title}</figcaption>
<div class="wide" role="img" tabindex="0" aria-label="${title}. ${about}"><table>
<thead><tr><td></td>${heads.map(({ text, columns }) => html`<th colspan="${columns}"><span>${text}</span></th>`)}</tr></thead>
<tbody>${rows.map(
    ({
      name,
      cells,
      text,
    }) => html`<tr><th dir="rtl"><bdi>${name}</bdi></th>${cells.map((v, i) => cell(v, i, text?.[i]))}</tr>
`,
  )}</tbody></table></div>
<p class="scale" aria-hidden="true"><span>${scale.ticks[0].text}</span>${Array.from({ length: SHADES }, (_, i) => html`<i class="h${i}"></i>`)}<span>${scale.ticks.at(-1)!.text}</span> <span>${scale.label}</span></p></figure>`;
}
