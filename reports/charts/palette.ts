// One colour for each optimizer, the same in every plot and table: [on light, on dark], each with a contrast to the page of at least
// 4.5. After Okabe and Ito (2008), whose hues differ under every common colour blindness, darkened and lightened for text.
// An optimizer that is not in the list gets a hue from its name.
// Several groups of one optimizer have further hues. Optimizers with long memory are drawn dashed, so that colour is not the only difference.

const COLOURS: Record<string, readonly [light: string, dark: string]> = {
  sgdm: ['#0062a3', '#62b5ea'],
  adam: ['#bf4300', '#ff9161'],
  amsgrad: ['#a1458a', '#e59aca'],
  adabound: ['#007656', '#3fcaa0'],
  amsbound: ['#856100', '#e6b840'],
  adagrad: ['#4f6475', '#9fb3c3'],
  rmsprop: ['#7a5c3e', '#c9a587'],
  rmspropgraves: ['#6b6a1f', '#b9b86a'],
  adamw: ['#9a2f50', '#ee8eab'],
  adaboundw: ['#3d6b21', '#9cc67a'],
  csgd: ['#5a4fb0', '#aaa2f2'],
  radam: ['#00707f', '#4cc4d6'],
  nadam: ['#a63a3a', '#f29a90'],
  adabelief: ['#00696b', '#5cc9cb'],
  yogi: ['#7d5a00', '#dcb552'],
  adamod: ['#b03060', '#f291b2'],
  padam: ['#3f5fa8', '#9db8f0'],
  lion: ['#94501a', '#e6a36c'],
  adamax: ['#5f6b2f', '#b3bf7e'],
  adadelta: ['#7a4a8c', '#cfa3df'],
  lamb: ['#8b3a62', '#e39bbf'],
  adan: ['#2f6f4f', '#8fd0ae'],
  schedulefreeadamw: ['#4a5d9e', '#a3b4ee'],
  prodigy: ['#8a5a00', '#e0b060'],
  muon: ['#6b3fa0', '#c3a2f0'],
  // A custom rule, in the lab.
  own: ['#b0206a', '#ff8fc0'],
};
/** The name of the colour of a key that no optimizer can have. */
const OTHER = 'other';

/** Whether a key can be an optimizer's. A record can contain any text as its optimizer, and its colour's name becomes CSS. */
function isKey(key: string): boolean {
  return /^[a-z][a-z0-9]*$/.test(key);
}

/** The colours of an optimizer by its key, on light and on dark; grey for a text that is not a key. */
export function colour(key: string): readonly [light: string, dark: string] {
  if (Object.hasOwn(COLOURS, key)) return COLOURS[key];
  const hue = [...key].reduce((h, c) => Math.imul(h ^ c.charCodeAt(0), 16777619) >>> 0, 2166136261) % 360;
  return isKey(key) ? ofHue(hue) : ['#60666b', '#a3a9ae'];
}

/** The colours of the n-th group of an optimizer: n = 0 has the optimizer's own; the hue of each further group is another golden angle away. */
export function variant(key: string, n: number): readonly [light: string, dark: string] {
  const own = colour(key);
  return n === 0 ? own : ofHue((hueOf(own[0]) + 137.5 * n) % 360);
}

/** The hue of a colour #rrggbb in degrees: red 0, green 120, blue 240. */
function hueOf(hexes: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(hexes.slice(at, at + 2), 16));
  return (Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) * 180) / Math.PI + 360;
}

const ofHue = (hue: number) => [derived(hue, 0.16), derived(hue, 0.4)] as const;

/** A colour of a hue in degrees and of about this luminance, as WCAG defines it. */
function derived(hue: number, luminance: number): string {
  // Red, green and blue rise and fall with the hue, scaled to the luminance. The result is half of that and half grey.
  const pure = [0, 240, 120].map((at) => 0.5 + 0.5 * Math.cos(((hue + at) * Math.PI) / 180));
  const scale = luminance / (0.2126 * pure[0] + 0.7152 * pure[1] + 0.0722 * pure[2]);
  return `#${pure.map((c) => hex(0.5 * luminance + 0.5 * Math.min(1, scale * c))).join('')}`;
}

/** A component of a colour in linear light, 0 to 1, as the two hexadecimal digits of its sRGB value. */
function hex(linear: number): string {
  const c = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(255 * c)
    .toString(16)
    .padStart(2, '0');
}

/** The name of an optimizer's colour in the page, which is safe in CSS. */
export function colourName(key: string): string {
  if (Object.hasOwn(COLOURS, key)) return key;
  // A prefix, because the page has properties of its own.
  return isKey(key) ? `optimizer-${key}` : OTHER;
}

/** The name of the colour of an optimizer's n-th group. */
export function variantName(key: string, n: number): string {
  return n === 0 ? colourName(key) : `${colourName(key)}-${n + 1}`;
}

/** The colours of some optimizers, each with this number of variants, and `other`, as custom properties of the page. */
export function properties(keys: readonly string[], variants: (key: string) => number = () => 1): string {
  const numbered = [...keys, ''].flatMap((key) => Array.from({ length: variants(key) }, (_, n) => [key, n] as const));
  const colours = new Map(numbered.map(([key, n]) => [variantName(key, n), variant(key, n)]));
  const block = (i: 0 | 1) => [...colours].map(([name, pair]) => `--${name}:${pair[i]};`).join('');
  return `:root{${block(0)}}@media(prefers-color-scheme:dark){:root{${block(1)}}}`;
}

/** The dashes of lines, in CSS pixels, so that colour is not the only difference between lines; the first is a full line. */
export const DASHES: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [9, 3, 2, 3], [12, 4], [4, 2]];

/** The first dash of an optimizer's lines, as an index of DASHES: 1 for optimizers with long memory, else 0. */
export function dashOf(key: string): number {
  return colourName(key).startsWith('ams') ? 1 : 0;
}
