// The page's colours and font, for drawing on a canvas. They are read again when the colour scheme changes.

/** The value of a custom property of the page: css('ink'). */
export function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A custom property's colour with transparency. alpha: 0 is transparent, 1 opaque. */
export function tint(name: string, alpha: number): string {
  return (
    css(name) +
    Math.round(255 * alpha)
      .toString(16)
      .padStart(2, '0')
  );
}

/** The font of text in plots. size: in CSS pixels; times the device's pixel ratio for text drawn on a canvas. */
export function font(size: number): string {
  return `${size}px ${getComputedStyle(document.documentElement).fontFamily}`;
}
