// How a rule looks: its colour from the palette, and its own dash and marker, so that colour is not the only difference.
import { colourName, DASHES, dashOf } from '../../reports/charts/palette.js';
import { css } from '../../reports/charts/theme.js';
import { type Given, ruleTitles } from '../core/ruleTitles.js';
import type { RuleChoice } from '../core/state.js';
import { catalog } from './state.js';

export type Marker = 'circle' | 'square' | 'triangle' | 'diamond' | 'down' | 'cross';
const markers: readonly Marker[] = ['circle', 'square', 'triangle', 'diamond', 'down', 'cross'];

export interface Look {
  /** The title, with what differs from another rule of the same name. */
  title: string;
  /** The name of the colour, a custom property of the page. */
  colour: string;
  dash: readonly number[];
  marker: Marker;
}

/** The look of each rule. given: see `ruleTitles`. */
export function looksOf(rules: readonly RuleChoice[], given?: Given): Look[] {
  const titles = ruleTitles(rules, catalog, given);
  return rules.map((rule, i) => {
    const nth = rules.filter(({ key }) => key === rule.key).indexOf(rule) + dashOf(rule.key);
    return {
      title: titles[i],
      colour: colourName(rule.key),
      dash: DASHES[nth % DASHES.length],
      marker: markers[i % markers.length],
    };
  });
}

/** Begins a path, the outline of a marker. */
export function outline(ctx: CanvasRenderingContext2D, marker: Marker, x: number, y: number, r: number): void {
  const shapes: Record<Exclude<Marker, 'circle'>, [number, number][]> = {
    square: [
      [-0.85, -0.85],
      [0.85, -0.85],
      [0.85, 0.85],
      [-0.85, 0.85],
    ],
    triangle: [
      [0, -1.15],
      [1.05, 0.75],
      [-1.05, 0.75],
    ],
    diamond: [
      [0, -1.2],
      [1.2, 0],
      [0, 1.2],
      [-1.2, 0],
    ],
    down: [
      [0, 1.15],
      [1.05, -0.75],
      [-1.05, -0.75],
    ],
    cross: [
      [-1.1, -0.4],
      [-0.4, -0.4],
      [-0.4, -1.1],
      [0.4, -1.1],
      [0.4, -0.4],
      [1.1, -0.4],
      [1.1, 0.4],
      [0.4, 0.4],
      [0.4, 1.1],
      [-0.4, 1.1],
      [-0.4, 0.4],
      [-1.1, 0.4],
    ],
  };
  ctx.beginPath();
  if (marker === 'circle') ctx.arc(x, y, r, 0, 2 * Math.PI);
  else
    shapes[marker].forEach(([dx, dy], i) =>
      i ? ctx.lineTo(x + r * dx, y + r * dy) : ctx.moveTo(x + r * dx, y + r * dy),
    );
  ctx.closePath();
}

/** A colour of the page in the present colour scheme. */
export const ink = css;
