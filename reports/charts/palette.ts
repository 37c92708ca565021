// One colour for each optimizer, the same in every plot and table: [on light, on dark], each with a contrast of at least
// 4.5. After Okabe and Ito (2008), whose hues differ under every common colour blindness, darkened and lightened for text.
// Optimizers with long memory are drawn dashed, so that colour is not the only difference.

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
};
/** The colour of an optimizer that is not in the list. */
const OTHER = 'other';

/** The colours of an optimizer by its key, on light and on dark; grey for an unknown key. */
export function colour(key: string): readonly [light: string, dark: string] {
  return Object.hasOwn(COLOURS, key) ? COLOURS[key] : ['#60666b', '#a3a9ae'];
}

/** The name of an optimizer's colour in the page: its key, or `other` if there is no optimizer of that name. A record can
 *  contain any text as its optimizer, and this name becomes CSS. */
export function colourName(key: string): string {
  return Object.hasOwn(COLOURS, key) ? key : OTHER;
}

/** The colours of some optimizers, and `other`, as custom properties of the page. */
export function properties(keys: readonly string[]): string {
  const names = new Set([...keys.map(colourName), OTHER]);
  const block = (i: 0 | 1) => [...names].map((key) => `--${key}:${colour(key)[i]};`).join('');
  return `:root{${block(0)}}@media(prefers-color-scheme:dark){:root{${block(1)}}}`;
}

/** Whether an optimizer's lines are dashed. */
export function isDashed(key: string): boolean {
  return colourName(key).startsWith('ams');
}
