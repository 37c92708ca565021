// A button that copies a text.
import { useState } from 'preact/hooks';

export function Copy({ label, text }: { label: string; text: () => string }) {
  const [done, setDone] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setDone('copied');
    } catch {
      // A page that is opened from disk may not use the clipboard: it shows the text, to be copied by hand.
      prompt(label, text());
    }
    setTimeout(() => setDone(''), 1500);
  };
  return (
    <button type="button" class="quiet" onClick={copy}>
      <span aria-live="polite">{done || label}</span>
    </button>
  );
}
