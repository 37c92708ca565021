// poster.html: one section for each panel. Its text and figures are computed from the records each time it is written.
import { VERSION } from '../../fit/index.js';
import { heatMap } from '../charts/heatMap.js';
import { properties } from '../charts/palette.js';
import { count, describeDevice, duration, list, unbroken } from '../format.js';
import { commandLine, documentOf, plot } from '../html/document.js';
import { type Html, html } from '../html/html.js';
import shared from '../html/style.css?page';
import type { SessionRecord } from '../record.js';
import client, { hash } from './client.ts?page';
import type { Figure, Funnel } from './figure.js';
import type { Panel, Section } from './panel.js';
import { panels } from './panels.js';
import style from './poster.css?page';
import { type Recipe, SIX } from './recipe.js';
import { overlay, type Reference } from './reference.js';
import { tableOf } from './tables.js';
import { type Done, trainings } from './task.js';
import type { Finding, Outcome, Verdict } from './verdict.js';

const SIGNS: Record<Outcome, string> = { supported: '✓', contradicted: '✗', inconclusive: '?' };

/** The whole page. reference: published curves to draw over the test accuracies. */
export function posterPage(sections: readonly Section[], recipe: Recipe, reference: Reference | null): string {
  const judged = sections.map((section) => {
    const own = section.panel.figures(section.done, recipe);
    const figures = reference ? own.map((figure) => overlay(figure, reference)) : own;
    return { ...section, verdict: section.panel.verdict(section.done), figures };
  });
  return documentOf({
    title: 'AdaBound, claim by claim',
    version: VERSION,
    style: shared + style + properties(SIX),
    header: header(recipe, reference, judged),
    main: html`${index(judged)}<div class="panels">${judged.map(sectionOf)}</div>`,
    data: { id: 'figures', value: judged.flatMap(({ figures }) => figures) },
    script: { text: client, hash },
  });
}

type Judged = Section & { verdict: Verdict; figures: Figure[] };

const numberOf = (panel: Panel) => panels.indexOf(panel) + 1;

/** How many claims are supported, contradicted and inconclusive, in one sentence. */
function resultOf(judged: readonly Judged[], isQuick: boolean): string {
  const counted = (Object.keys(SIGNS) as Outcome[]).flatMap((outcome) => {
    const n = judged.filter(({ verdict }) => verdict.outcome === outcome).length;
    return n > 0 ? [{ n, outcome }] : [];
  });
  const parts = counted.map(({ n, outcome }, i) =>
    i > 0 ? `${n} ${outcome}` : `${n} ${n === 1 ? 'is' : 'are'} ${outcome}`,
  );
  const sentence =
    judged.length === 1 ? `One claim is ${judged[0].verdict.outcome}` : `Of ${judged.length} claims ${list(parts)}`;
  return `${sentence}${isQuick ? ', at this small scale' : ''}.`;
}

function header({ name }: Recipe, reference: Reference | null, judged: readonly Judged[]): Html {
  return html`<h1>AdaBound, claim by claim</h1>
<p class="lede">${resultOf(judged, name === 'quick')}</p>
<p>The claims of “Adaptive Gradient Methods with Dynamic Bound of Learning Rate” (Luo, Xiong, Liu and Sun, ICLR
2019, arXiv 1902.09843) and of its poster, drawn from runs of this program, with a verdict computed from their records. ${
    name === 'quick'
      ? 'This is the quick form: small nets, few epochs, few images. It shows what happens at this scale; it can neither prove nor refute the paper’s larger experiments.'
      : 'This is the full form, with the recipe of the authors’ code.'
  }</p>
${reference && html`<p>Thin lines are published curves: ${reference.source}.</p>`}`;
}

/** Each panel, and each of its claims as a sentence, with their verdicts. */
function index(judged: Judged[]): Html {
  const claimed = (finding: Finding) => html`<li>${finding.claim} ${badge(finding.outcome)}</li>`;
  return html`<nav aria-label="Claims and verdicts"><h2>Claims and verdicts</h2><ol class="verdicts">${judged.map(
    ({ panel, verdict: { outcome, findings } }) =>
      html`<li><a href="#${panel.key}">${numberOf(panel)} ${panel.title}</a> ${badge(outcome)}<ul>${findings.map(claimed)}</ul></li>
`,
  )}</ol></nav>`;
}

function badge(outcome: Outcome): Html {
  return html`<strong class="badge ${outcome}"><span aria-hidden="true">${SIGNS[outcome]}</span> ${outcome}</strong>`;
}

function sectionOf({ panel, sessions, tasks, done, verdict, figures }: Judged): Html {
  const { key, title, words, equation, criterion } = panel;
  const missing = tasks.length - done.length;
  // The first panel's picture precedes its verdict.
  const isFirst = panel === panels[0];
  const drawings = html`<div class="figures">${figures.map(drawing)}</div>`;
  return html`<section class="${isFirst ? 'panel whole' : 'panel'}" aria-labelledby="${key}"><h2 id="${key}">${numberOf(panel)} ${title}</h2>
<p>${unbroken(words)}</p>
<p class="equation">${equation}</p>
${isFirst && drawings}
<div class="verdict"><p>${badge(verdict.outcome)}</p>
<ul>${verdict.findings.map(({ claim, outcome, numbers }) => html`<li><span class="claim">${claim}:</span> ${badge(outcome)}<br><span class="note">${unbroken(numbers)}.</span></li>`)}</ul>
<p class="note">How the verdict is decided. ${unbroken(criterion)}</p>
${missing > 0 && html`<p class="note">${count(missing)} of ${count(tasks.length)} runs are missing because the time was up; the same command runs them.</p>`}</div>
${!isFirst && drawings}
<dl>${origin(sessions, done).map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>`)}</dl>
<details><summary>The numbers</summary>${figures.map(tableOf)}</details></section>
`;
}

function drawing(figure: Figure): Html {
  if (figure.kind === 'heat') return heatMap(figure);
  if (figure.kind === 'funnel') return slider(figure);
  return plot(figure.id, figure.title, { about: figure.about });
}

function slider({ id, title, about, moments, other }: Funnel): Html {
  const last = moments.length - 1;
  return html`<figure class="across"><figcaption>${title}</figcaption>
<form class="controls" autocomplete="off"><label>Step <input type="range" id="${id}-slider" min="0" max="${last}" value="${last}" step="1" aria-controls="${id}" aria-valuetext="step ${moments[last].step}"></label></form>
<div class="plot svg" id="${id}" role="img" aria-label="${title}. ${about}"><svg></svg><noscript>Plots need JavaScript; the tables do not.</noscript></div>
<ul class="legend"><li class="used">AdaBound, as used</li><li class="before">before the clip</li>${moments.some((m) => m.other.length) && html`<li class="other">${other}, on the same batches</li>`}<li class="bound">lo and hi</li></ul>
<p class="readout" id="${id}-readout" aria-live="polite"></p></figure>`;
}

/** How the runs were made: command, seeds, nets, device, time. */
function origin(sessions: readonly SessionRecord[], done: readonly Done[]): [string, Html | string][] {
  if (sessions.length === 0) return [];
  const unique = (values: string[]) => [...new Set(values)];
  const seeds = [
    ...new Set(done.flatMap(({ task }) => (task.kind === 'online' ? (task.params.seed ?? []) : [task.seed]))),
  ];
  const nets = trainings(done).map(({ task, result }) => {
    const { parameters, train, test } = result;
    return `${task.model}, ${count(parameters)} parameters; ${count(train)} training and ${count(test)} test images of ${task.data}${task.halved ? ' at half the size' : ''}; ${task.epochs} ${task.epochs === 1 ? 'epoch' : 'epochs'}`;
  });
  const devices = sessions.map(({ device }) => describeDevice(device));
  const seconds = done.reduce((sum, d) => sum + d.seconds, 0);
  return [
    ['Command', html`${unique(sessions.map(({ command }) => command)).map(commandLine)}`],
    ...(seeds.length ? [[seeds.length === 1 ? 'Seed' : 'Seeds', list(seeds.map(String))] as [string, string]] : []),
    ...(nets.length
      ? [['Nets', html`${unique(nets).map((net, i) => html`${i > 0 && html`<br>`}${net}`)}`] as [string, Html]]
      : []),
    ['Device', html`${unique(devices).map((device, i) => html`${i > 0 && html`<br>`}${device}`)}`],
    [
      'Time',
      `${count(done.length)} ${done.length === 1 ? 'run' : 'runs'}, ${duration(seconds)} of work; ${sessions.at(-1)!.date.replace('T', ' ').replace(/\..*/, ' UTC')}`,
    ],
  ];
}
