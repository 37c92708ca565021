// Runs in the page: marks tables that are wider than the page as scrolling.

/** Marks each element `.wide` while its content is wider, now and when sizes change. */
export function markScrolling(): void {
  for (const element of document.querySelectorAll<HTMLElement>('.wide')) watchScrolling(element);
}

/** Gives an element the class `scrolls` while its content is wider, now and when sizes change; the property `--shown` is the width of what is
 *  shown. Returns a function that ends this. */
export function watchScrolling(element: HTMLElement): () => void {
  const mark = () => {
    element.classList.toggle('scrolls', element.scrollWidth > element.clientWidth + 1);
    element.style.setProperty('--shown', `${element.clientWidth}px`);
  };
  const watcher = new ResizeObserver(mark);
  for (const each of [element, ...element.querySelectorAll(':scope > table')]) watcher.observe(each);
  return () => watcher.disconnect();
}
