// The rules that run: each with its learning rate, and all other hyper-parameters behind a disclosure.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { valueLike } from '../core/ruleEntry.js';
import { type Given, rounded } from '../core/ruleTitles.js';
import {
  entryOf,
  isRace,
  MOST_RULES,
  type RuleChoice,
  type ScheduleName,
  schedules,
  type Value,
} from '../core/state.js';
import { NumberField, SelectField, words } from './fields.js';
import { type Look, looksOf, type Marker } from './look.js';
import { choiceOfKey, offered } from './own.js';
import { catalog, change, problemWith, state } from './state.js';

/** The values of hyper-parameters that are texts, for a list to choose from. Other texts have an input. */
const choices: Readonly<Record<string, readonly string[]>> = {
  form: ['code', 'paper'],
  decayBy: ['scaled', 'unscaled'],
};

const shapes: Readonly<Record<Marker, string>> = {
  circle: 'M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z',
  square: 'M-3.6,-3.6h7.2v7.2h-7.2z',
  triangle: 'M0,-4.8L4.4,3.2H-4.4z',
  diamond: 'M0,-5L5,0L0,5L-5,0z',
  down: 'M0,4.8L4.4,-3.2H-4.4z',
  cross: 'M-4.4,-1.6H-1.6V-4.4H1.6V-1.6H4.4V1.6H1.6V4.4H-1.6V1.6H-4.4z',
};

/** A short line with the rule's dash and marker. */
export function Sample({ look: { colour, dash, marker } }: { look: Look }) {
  return (
    <svg class="sample" viewBox="-17 -6 34 12" aria-hidden="true" style={{ color: `var(--${colour})` }}>
      <path d="M-16,0H16" stroke="currentColor" stroke-width="2.25" stroke-dasharray={dash.join(' ')} />
      <path d={shapes[marker]} fill="currentColor" />
    </svg>
  );
}

/** A figure about one rule, headed by its name. */
export function RuleFigure({ look, children }: { look: Look; children: ComponentChildren }) {
  return (
    <figure>
      <figcaption style={{ color: `var(--${look.colour})` }}>
        <Sample look={look} /> {look.title}
      </figcaption>
      {children}
    </figure>
  );
}

/** A list with the entry at one index replaced. */
const replaced = <T,>(list: readonly T[], at: number, entry: T) => list.map((old, i) => (i === at ? entry : old));
const put = (i: number, rule: RuleChoice) => change({ rules: replaced(state.value.rules, i, rule) });

/** The cards of the rules. isOne: a single rule, which a choice replaces; the hyper-parameters of its bounds come first. most: the largest
 *  number of rules. given: the hyper-parameters that the room gives to a rule, in place of its defaults. */
export function Rules({ isOne = false, most = MOST_RULES, given }: { isOne?: boolean; most?: number; given?: Given }) {
  const { rules } = state.value;
  const looks = looksOf(rules, given);
  const isFull = rules.length >= most;
  const add = (key: string) => {
    // At their defaults most rules hardly move on the plane in a few hundred steps.
    const choice = choiceOfKey(key);
    const { lr } = entryOf(choice, catalog).defaults;
    const hyper = { lr: isRace(state.value) ? Number(lr) : Math.max(Number(lr), 0.02) };
    change({ rules: [...rules, { ...choice, hyper: given || hyper.lr === lr ? {} : hyper }] });
  };
  if (isOne)
    return (
      <fieldset class="card rules">
        <legend>Rule</legend>
        <SelectField
          label="Optimizer"
          value={rules[0].key}
          options={offered().map(({ key, title }) => [key, title])}
          onChange={(key) => put(0, choiceOfKey(key))}
        />
        <p class="note">{entryOf(rules[0], catalog).about}</p>
        <Card rule={rules[0]} look={looks[0]} place={0} isOnly first={['finalLr', 'gamma', 'betas']} />
      </fieldset>
    );
  return (
    <fieldset class="card rules">
      <legend>Rules</legend>
      {rules.map((rule, i) => (
        <Card
          key={i}
          rule={rule}
          look={looks[i]}
          place={i}
          isOnly={rules.length === 1 || isNeeded(rule)}
          given={given}
        />
      ))}
      <SelectField
        label="Add a rule"
        value=""
        options={[
          ['', isFull ? `at most ${most} rules run` : 'choose one'],
          ...offered().map(({ key, title, about }) => [key, `${title}: ${about}`] as const),
        ]}
        disabled={isFull}
        onChange={(key) => key && add(key)}
      />
    </fieldset>
  );
}

/** Whether a rule is the only custom rule of room `rule`, which needs one. */
const isNeeded = (rule: RuleChoice) =>
  state.value.room === 'rule' && rule.own !== undefined && state.value.rules.filter(({ own }) => own).length === 1;

interface CardProps {
  rule: RuleChoice;
  look: Look;
  place: number;
  isOnly: boolean;
  /** The hyper-parameters that are shown beside lr, of those that the rule has. */
  first?: readonly string[];
  given?: Given;
}

function Card({ rule, look, place, isOnly, first = [], given }: CardProps) {
  const { title, about, defaults: declared } = entryOf(rule, catalog);
  const defaults = { ...declared, ...given?.(rule) };
  const set = (name: string, value: Value) => {
    const { [name]: _, ...rest } = rule.hyper;
    const isDefault = String(value) === String(defaults[name]);
    put(place, { ...rule, hyper: isDefault ? rest : { ...rest, [name]: value } });
  };
  const wrong = problemWith.value?.where === place ? problemWith.value.message : '';
  const valueOf = (name: string) => rule.hyper[name] ?? defaults[name];
  const shown = first.filter((name) => name in defaults);
  const others = Object.keys(defaults).filter((name) => name !== 'lr' && !shown.includes(name));
  const changed = others.filter((name) => rule.hyper[name] !== undefined);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would announce its legend before every input.
    <div class="rule" role="group" aria-label={look.title} style={{ '--colour': `var(--${look.colour})` }}>
      <div class="rule-head">
        <Sample look={look} />
        <b title={about}>{title}</b>
        <span class="note">
          {[...changed.map((name) => `${name} ${rounded(valueOf(name))}`), rule.schedule].filter(Boolean).join(', ')}
        </span>
        <button
          type="button"
          class="quiet"
          hidden={isOnly}
          aria-label={`Remove ${look.title}`}
          title={`Remove ${look.title}`}
          onClick={() => change({ rules: state.value.rules.filter((_, i) => i !== place) })}
        >
          ×
        </button>
      </div>
      <NumberField
        label="lr"
        value={valueOf('lr') as number}
        min={0}
        slider="log"
        from={1e-5}
        to={10}
        onChange={(v) => set('lr', v)}
      />
      {shown.map((name) => (
        <Hyper key={name} name={name} value={valueOf(name)} hasSlider onChange={(v) => set(name, v)} />
      ))}
      {wrong && (
        <p class="wrong" role="alert">
          {wrong}
        </p>
      )}
      <details>
        <summary>All settings</summary>
        <p class="note">{about}</p>
        <div class="hyper">
          {others.map((name) => (
            <Hyper key={name} name={name} value={valueOf(name)} onChange={(v) => set(name, v)} />
          ))}
          <Schedule rule={rule} place={place} />
        </div>
      </details>
    </div>
  );
}

interface HyperProps {
  name: string;
  value: Value;
  hasSlider?: boolean;
  onChange(value: Value): void;
}

function Hyper({ name, value, hasSlider, onChange }: HyperProps) {
  const id = useId();
  if (typeof value === 'number') {
    const slider = hasSlider ? ({ slider: 'log', from: 1e-4, to: 10, min: 0 } as const) : {};
    return <NumberField label={name} value={value} {...slider} onChange={onChange} />;
  }
  if (Array.isArray(value)) {
    return (
      <>
        {value.map((v, i) => (
          <NumberField
            key={i}
            label={`${name} ${i + 1}`}
            value={v}
            onChange={(next) => onChange(replaced(value, i, next))}
          />
        ))}
      </>
    );
  }
  if (typeof value === 'boolean') {
    return (
      <div class="field">
        <label for={id}>{name}</label>
        <input
          id={id}
          type="checkbox"
          checked={value}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
      </div>
    );
  }
  if (choices[name])
    return <SelectField label={name} value={value} options={words(choices[name])} onChange={onChange} />;
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <input
        id={id}
        type="text"
        value={value}
        onChange={({ currentTarget }) => onChange(valueLike(name, currentTarget.value, ''))}
      />
    </div>
  );
}

function Schedule({ rule, place }: { rule: RuleChoice; place: number }) {
  const { schedule, ...rest } = rule;
  return (
    <SelectField
      label="schedule"
      value={schedule ?? ''}
      options={[
        ['', 'none'],
        ...Object.entries(schedules).map(([name, about]) => [name as ScheduleName, `${name}: ${about}`] as const),
      ]}
      onChange={(next) => put(place, next === '' ? rest : { ...rest, schedule: next })}
    />
  );
}
