// The lab as one HTML file. It loads nothing: its Content-Security-Policy allows the script and the style by their hashes, WebAssembly,
// and a worker from a Blob.
import { VERSION } from '../core/index.js';
import { optimizers } from '../optim/index.js';
import { properties } from '../reports/charts/palette.js';
import { embeddedJson, html, rawElement } from '../reports/html/html.js';
import { catalogOf } from './core/state.js';
import style from './style.css?page';
import script from './view/main.tsx?page';
import worker from './worker.ts?page';

/** The page as text. */
export async function labPage(): Promise<string> {
  const css = style + properties(Object.keys(optimizers));
  const policy = [
    "default-src 'none'",
    `script-src '${await hashOf(script)}' 'wasm-unsafe-eval'`,
    `style-src '${await hashOf(css)}'`,
    'worker-src blob:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="Watch optimizers descend, stop them, and see which rate each step used.">
<meta name="generator" content="boundgrad ${VERSION}">
<link rel="icon" href="data:,">
<title>boundgrad lab</title>
${rawElement('style', css)}
</head>
<body>
<div id="app"></div>
<noscript>The lab needs JavaScript.</noscript>
<script type="application/json" id="catalog">${embeddedJson({ catalog: catalogOf(optimizers), version: VERSION })}</script>
${rawElement('script', worker, { id: 'worker', type: 'text/plain' })}
${rawElement('script', script)}
</body>
</html>
`.text;
}

/** The hash by which a policy allows an inline script or style. */
async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}
