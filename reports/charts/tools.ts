// The controls of a plot: switches, a slider and downloads. The script makes them, because they do nothing without it.

/** A control. about: its tooltip. value of a slider: from 0 to 0.99. */
export type Tool =
  | { kind: 'press'; text: string; about: string; run(): void }
  | { kind: 'switch'; text: string; about: string; isOn: boolean; run(isOn: boolean): void }
  | { kind: 'slider'; text: string; value: number; run(value: number): void };

/** Puts controls into the figure of a plot, once: when the plot is drawn again, they stay, and so does the focus. */
export function putTools(id: string, tools: readonly Tool[]): void {
  const figure = document.getElementById(id)?.closest('figure');
  if (!figure || figure.querySelector(':scope > .tools')) return;
  const bar = document.createElement('div');
  bar.className = 'tools';
  bar.append(...tools.map(elementOf));
  (figure.querySelector(':scope > figcaption') ?? figure.firstChild!).after(bar);
}

function elementOf(tool: Tool): HTMLElement {
  return tool.kind === 'slider' ? slider(tool) : button(tool);
}

function button(tool: Exclude<Tool, { kind: 'slider' }>): HTMLElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.textContent = tool.text;
  element.title = tool.about;
  if (tool.kind === 'switch') element.setAttribute('aria-pressed', String(tool.isOn));
  element.addEventListener('click', () => {
    if (tool.kind === 'press') return tool.run();
    const isOn = element.getAttribute('aria-pressed') !== 'true';
    element.setAttribute('aria-pressed', String(isOn));
    tool.run(isOn);
  });
  return element;
}

function slider({ text, value, run }: Extract<Tool, { kind: 'slider' }>): HTMLElement {
  const label = document.createElement('label');
  const input = document.createElement('input');
  Object.assign(input, {
    type: 'range',
    min: '0',
    max: '0.99',
    step: '0.01',
    value: String(value),
    autocomplete: 'off',
  });
  input.addEventListener('input', () => run(Number(input.value)));
  label.append(`${text} `, input);
  return label;
}
