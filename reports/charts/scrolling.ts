// Runs in the page: a table that is wider than the page says that it scrolls.

/** Marks each element `.wide` while its content is wider, now and when sizes change. */
export function markScrolling(): void {
  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) mark(target.closest('.wide')!);
  });
  for (const element of document.querySelectorAll('.wide')) {
    watcher.observe(element);
    for (const table of element.querySelectorAll(':scope > table')) watcher.observe(table);
  }
}

function mark(element: Element): void {
  element.classList.toggle('scrolls', element.scrollWidth > element.clientWidth + 1);
}
