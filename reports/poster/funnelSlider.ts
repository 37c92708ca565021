// Runs in the page: the distribution of rates between the bounds at the step that a slider selects. It is SVG in the page's
// own colours, so that a change of the colour scheme needs no redraw.

import { type Cell, csvOf } from '../charts/csv.js';
import { downloadCsv, downloadPng } from '../charts/download.js';
import { tick } from '../charts/logAxis.js';
import { putTools } from '../charts/tools.js';
import { percent, rate } from '../format.js';
import type { Funnel } from './figure.js';

const HEIGHT = 300;
const MARGIN = { left: 52, right: 12, top: 46, bottom: 44 };

/** Connects the slider and draws the last step. */
export function drawFunnel(figure: Funnel): void {
  const slider = document.getElementById(`${figure.id}-slider`) as HTMLInputElement;
  const show = () => {
    const at = Number(slider.value);
    slider.setAttribute('aria-valuetext', `step ${figure.moments[at].step}`);
    draw(figure, at);
  };
  slider.addEventListener('input', show);
  putTools(figure.id, [
    {
      kind: 'press',
      text: 'PNG',
      about: `${figure.title}: download as a picture`,
      run: () => void savePicture(figure, Number(slider.value)),
    },
    {
      kind: 'press',
      text: 'CSV',
      about: `${figure.title}: download the numbers`,
      run: () => downloadCsv(figure.id, csvOf(rowsOf(figure))),
    },
  ]);
  new ResizeObserver(show).observe(document.getElementById(figure.id)!);
  show();
}

/** Offers the picture of a step: the SVG with its computed styles, drawn on a canvas. */
async function savePicture({ id, title, moments }: Funnel, at: number): Promise<void> {
  const svg = document.querySelector<SVGElement>(`#${CSS.escape(id)} svg`)!;
  const copy = svg.cloneNode(true) as SVGElement;
  const copies = [...copy.querySelectorAll<SVGElement>('*')];
  [...svg.querySelectorAll('*')].forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of [
      'fill',
      'fill-opacity',
      'stroke',
      'stroke-width',
      'stroke-dasharray',
      'font-size',
      'font-family',
    ])
      copies[i].style.setProperty(name, style.getPropertyValue(name));
  });
  const { width, height } = svg.getBoundingClientRect();
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const picture = new Image();
  picture.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await picture.decode();
  const canvas = document.createElement('canvas');
  const ratio = devicePixelRatio;
  [canvas.width, canvas.height] = [width * ratio, height * ratio];
  canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  downloadPng(id, `${title}: step ${moments[at].step}`, canvas);
}

/** The shares in each bin, a row for each step and bin. */
function rowsOf({ rates, moments, other }: Funnel): Cell[][] {
  const rows = moments.flatMap(({ step, lo, hi, ...of }) =>
    rates.map((rate, i) => [step, lo, hi, Number(rate.toPrecision(4)), of.rate[i], of.used[i], of.other[i] ?? null]),
  );
  return [['step', 'lo', 'hi', 'rate', 'before the clip', 'as used', other], ...rows];
}

function draw({ id, rates, moments, heavy }: Funnel, at: number): void {
  const element = document.getElementById(id)!;
  const moment = moments[at];
  const { step, lo, hi, free } = moment;
  const shown = rates.map((_, i) => moments.some((m) => m.used[i] > 0 || m.rate[i] > 0 || m.other[i] > 0));
  const [from, to] = [shown.indexOf(true), shown.lastIndexOf(true)];
  const [width, bin] = [element.clientWidth, Math.log10(rates[1] / rates[0])];
  const [low, high] = [Math.log10(rates[from]) - bin / 2, Math.log10(rates[to]) + bin / 2];
  const [right, bottom] = [width - MARGIN.right, HEIGHT - MARGIN.bottom];
  const x = (log: number) =>
    MARGIN.left + ((Math.min(Math.max(log, low), high) - low) / (high - low)) * (right - MARGIN.left);
  const top = Math.max(...moment.used, ...moment.rate, ...moment.other);
  const most = [0.05, 0.1, 0.2, 0.5, 1].find((m) => m >= top) ?? 1;
  const y = (share: number) => bottom - (share / most) * (bottom - MARGIN.top);
  const svg = make('svg', {
    viewBox: `0 0 ${width} ${HEIGHT}`,
    height: HEIGHT,
    'data-step': step,
    'data-most': most,
    'data-height': bottom - MARGIN.top,
  });

  for (const share of [0, most / 2, most]) {
    svg.append(make('line', { class: 'grid', x1: MARGIN.left, x2: right, y1: y(share), y2: y(share) }));
    svg.append(text(MARGIN.left - 6, y(share) + 4, `${100 * share} %`, 'end'));
  }
  const every = width < 560 ? 2 : 1;
  for (let power = Math.ceil(low); power <= high; power++) {
    if (power % every) continue;
    svg.append(make('line', { class: 'grid', x1: x(power), x2: x(power), y1: MARGIN.top, y2: bottom }));
    svg.append(
      text(x(power), bottom + 16, tick(10 ** power), 'middle'),
      text(x(power), MARGIN.top - 6, tick(10 ** power * heavy), 'middle'),
    );
  }
  svg.append(text((MARGIN.left + right) / 2, HEIGHT - 6, 'rate, with averaged momentum', 'middle'));
  svg.append(text((MARGIN.left + right) / 2, 14, 'the same in heavy-ball units', 'middle'));
  for (let i = from; i <= to; i++) {
    const log = Math.log10(rates[i]);
    const [left, w] = [x(log - bin / 2), x(log + bin / 2) - x(log - bin / 2)];
    const share = moment.used[i];
    svg.append(
      make('rect', {
        class: 'used',
        'data-bin': i,
        x: left + 0.5,
        width: Math.max(0.5, w - 1),
        y: y(share),
        height: bottom - y(share),
      }),
    );
  }
  for (const [name, shares] of [
    ['raw', moment.rate],
    ['other', moment.other],
  ] as const) {
    if (shares.length === 0) continue;
    const steps = rates
      .slice(from, to + 1)
      .map(
        (r, k) => `${k ? 'L' : 'M'}${x(Math.log10(r) - bin / 2)} ${y(shares[from + k])}H${x(Math.log10(r) + bin / 2)}`,
      );
    svg.append(make('path', { class: name, d: steps.join('') }));
  }
  for (const [name, bound] of [
    ['lo', lo],
    ['hi', hi],
  ] as const) {
    const log = bound === null ? Infinity : Math.log10(bound);
    if (!(log >= low && log <= high)) continue;
    svg.append(
      make('line', { class: 'bound', 'data-bound': name, x1: x(log), x2: x(log), y1: MARGIN.top, y2: bottom }),
    );
    svg.append(text(x(log) + (name === 'lo' ? -4 : 4), MARGIN.top + 12, name, name === 'lo' ? 'end' : 'start'));
  }
  element.replaceChildren(svg);
  const units = `lo ${rate(lo)}, hi ${rate(hi)}; in heavy-ball units ${rate(lo * heavy)} and ${hi === null ? '∞' : rate(hi * heavy)}`;
  const clipped = `${percent(free)} of the rates are unchanged`;
  document.getElementById(`${id}-readout`)!.textContent = `Step ${step}: ${units}. ${clipped}.`;
}

function make(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(document.querySelector('svg')!.namespaceURI, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function text(x: number, y: number, content: string, anchor: string): SVGElement {
  const element = make('text', { x, y, 'text-anchor': anchor });
  element.textContent = content;
  return element;
}
