// The page's colours and typeface, as a canvas needs them. They are read again when the scheme changes.

/** The value of a custom property of the page: css('ink'). */
export function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** The colour of an optimizer, as transparent as asked. */
export function tint(name: string, alpha: number): string {
  return (
    css(name) +
    Math.round(255 * alpha)
      .toString(16)
      .padStart(2, '0')
  );
}

/** The font of text in plots. size in CSS pixels, times the device's pixel ratio where it is drawn by hand. */
export function font(size: number): string {
  return `${size}px ${getComputedStyle(document.documentElement).fontFamily}`;
}
