// The page's colours and font, for drawing on a canvas. Each call reads them, so they are those of the present colour scheme.

/** The value of a custom property of the page: css('ink'). */
export function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A custom property's colour, which is #rrggbb, with transparency. alpha: 0 is transparent, 1 opaque. */
export function tint(name: string, alpha: number): string {
  return (
    css(name) +
    Math.round(255 * alpha)
      .toString(16)
      .padStart(2, '0')
  );
}

/** A custom property's colour mixed with the page's, opaque; both are #rrggbb. share: 0 is the page's, 1 the colour's. */
export function mixed(name: string, share: number): string {
  const [own, paper] = [css(name), css('paper')].map((hex) =>
    [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)),
  );
  return `rgb(${own.map((c, i) => Math.round(share * c + (1 - share) * paper[i])).join(', ')})`;
}

/** The font of text in plots. size: in CSS pixels; times the device's pixel ratio on a canvas without a scale. */
export function font(size: number): string {
  return `${size}px ${getComputedStyle(document.documentElement).fontFamily}`;
}
