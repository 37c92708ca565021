// Changes during the run: a rule gets another rate, bound or schedule from a step on. They are marked on the curves and part of the address.
import { signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { MOST_CHANGES } from '../core/raceTasks.js';
import { valueLike } from '../core/ruleEntry.js';
import { rounded } from '../core/ruleTitles.js';
import { type Change, entryOf, schedules, type Value } from '../core/state.js';
import { judged, plainText, SelectField, Wrong, words } from './fields.js';
import { looksOf } from './look.js';
import { show } from './playback.js';
import { race } from './race.js';
import { at, catalog, change } from './state.js';

/** The settings of the card. text: null until something is typed or chosen. */
const draft = signal<{ rule: number; name: string; text: string | null }>({ rule: 0, name: 'lr', text: null });

/** The hyper-parameters of a rule that the list shows first. */
const FIRST = ['lr', 'finalLr', 'gamma', 'schedule'];

export function ChangesCard() {
  const id = useId();
  const { rules, changes, steps } = race.value;
  const looks = looksOf(rules);
  const rule = Math.min(draft.value.rule, rules.length - 1);
  const { defaults, title } = entryOf(rules[rule], catalog);
  const names = [...FIRST, ...Object.keys(defaults).filter((name) => !FIRST.includes(name))].filter(
    (name) => name === 'schedule' || name in defaults,
  );
  const name = names.includes(draft.value.name) ? draft.value.name : names[0];
  const now = valueBefore(rule, name);
  const text = draft.value.text ?? [now].flat().join(';');
  const step = Math.min(Math.max(2, at.value + 1), steps);
  let value: Value = text;
  let wrong = '';
  try {
    if (name !== 'schedule') value = valueLike(`${title} ${name}`, text, defaults[name]);
  } catch (error) {
    wrong = (error as Error).message;
  }
  const isFull = changes.length >= MOST_CHANGES;
  const add = () => {
    const others = changes.filter((c) => c.step !== step || c.rule !== rule || c.name !== name);
    change({ changes: [...others, { step, rule, name, value }].sort((a, b) => a.step - b.step) });
    draft.value = { rule, name, text: null };
    show(step);
  };
  return (
    <fieldset class="card">
      <legend>Change during the run</legend>
      <p class="note">
        The change begins at step {step}; to begin it earlier, show an earlier step. A new lr scales the bounds too, as
        a schedule does; finalLr and gamma move the bounds alone.
      </p>
      <SelectField
        label="Rule"
        value={String(rule)}
        options={looks.map((look, i) => [String(i), look.title])}
        onChange={(place) => (draft.value = { ...draft.value, rule: Number(place), text: null })}
      />
      <SelectField
        label="What"
        value={name}
        options={words(names)}
        onChange={(name) => (draft.value = { rule, name, text: null })}
      />
      {name === 'schedule' ? (
        <SelectField
          label="becomes"
          value={text}
          options={words(['none', ...Object.keys(schedules)])}
          onChange={(text) => (draft.value = { rule, name, text })}
        />
      ) : (
        <div class="field">
          <label for={id}>becomes</label>
          <input
            {...plainText}
            {...judged(id, wrong)}
            inputMode="decimal"
            value={text}
            onInput={({ currentTarget }) => (draft.value = { rule, name, text: currentTarget.value })}
          />
          <Wrong of={id} why={wrong} />
        </div>
      )}
      <button type="button" class="pill" disabled={wrong !== '' || isFull} onClick={add}>
        {isFull ? `${MOST_CHANGES} changes at most` : `change it at step ${step}`}
      </button>
    </fieldset>
  );
}

/** The value that a rule has at the shown step, before a change at the next one. */
function valueBefore(rule: number, name: string): Value {
  const { rules, changes } = race.value;
  const last = changes.filter((c) => c.rule === rule && c.name === name && c.step <= at.value).at(-1);
  if (last) return last.value;
  const { hyper, schedule } = rules[rule];
  return name === 'schedule' ? (schedule ?? 'none') : (hyper[name] ?? entryOf(rules[rule], catalog).defaults[name]);
}

/** A change in words. */
const worded = ({ name, value }: Change) => (name === 'schedule' ? `schedule ${value}` : `${name} ${rounded(value)}`);

/** The changes in order, each with a button that shows its step and one that removes it. */
export function ChangesList() {
  const { changes, rules } = race.value;
  if (changes.length === 0) return null;
  const looks = looksOf(rules);
  return (
    <ol class="changes" aria-label="Changes during the run">
      {changes.map((each, i) => (
        <li key={JSON.stringify(each)} style={{ '--colour': `var(--${looks[each.rule].colour})` }}>
          From step {each.step} on, {looks[each.rule].title} has {worded(each)}.{' '}
          <button type="button" class="link" onClick={() => show(each.step)}>
            show step {each.step}
          </button>{' '}
          <button
            type="button"
            class="link"
            aria-label={`Remove: ${looks[each.rule].title} ${worded(each)} at step ${each.step}`}
            onClick={() => change({ changes: changes.filter((_, j) => j !== i) })}
          >
            remove
          </button>
        </li>
      ))}
    </ol>
  );
}
