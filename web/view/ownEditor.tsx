// The declaration of a rule of one's own, as fields. What cannot be used is kept in its input and explained below it; the rule that runs keeps
// the last text that could be used.
import { signal } from '@preact/signals';
import { useId, useState } from 'preact/hooks';
import { FormulaError, LONGEST } from '../core/formula.js';
import {
  type ChoiceField,
  choiceFields,
  choiceOf,
  type FormulaField,
  formulaFields,
  formulaOf,
  MOST_NUMBERS,
  numbersOf,
  type OwnRule,
  parsedField,
  templates,
  tidy,
  whyNoName,
  whyNoTitle,
} from '../core/ownRule.js';
import { ownModule } from '../core/ownText.js';
import { Copy } from './copy.js';
import { NumberField } from './fields.js';
import { Equation } from './math.js';
import { own } from './own.js';
import { catalog, change, problemWith, surface } from './store.js';

/** Runs another declaration. without: a number that the rules no longer override. */
function declare(next: OwnRule, without?: string): void {
  const names = numbersOf(next);
  const rules = surface.value.rules.map((rule) => {
    if (!rule.own) return rule;
    const kept = Object.entries(rule.hyper).filter(([name]) => name in names && name !== without);
    return { ...rule, own: next, hyper: Object.fromEntries(kept) };
  });
  change({ rules });
}

/** Texts of formulas that differ from the rule's because they cannot be used. */
const typed = signal<Partial<Record<FormulaField, string>>>({});

export function Editor() {
  const rule = own.value;
  const id = useId();
  const titles = Object.values(catalog).map(({ title }) => title);
  const problem = problemWith.value;
  const isMine = typeof problem?.where === 'number' && surface.value.rules[problem.where]?.own;
  return (
    <fieldset class="card editor">
      <legend>Declaration</legend>
      <div class="field">
        <label for={id}>Begin with</label>
        <select
          id={id}
          value=""
          onChange={({ currentTarget }) => {
            const template = templates.find(({ title }) => title === currentTarget.value);
            typed.value = {};
            if (template) declare(template, 'lr');
            currentTarget.value = '';
          }}
        >
          <option value="">choose one</option>
          {templates.map(({ title }) => (
            <option key={title}>{title}</option>
          ))}
        </select>
      </div>
      <TextField
        label="name"
        value={rule.title}
        why={(text) => whyNoTitle(text, titles)}
        onChange={(title) => declare({ ...rule, title })}
      />
      {(Object.keys(formulaFields) as FormulaField[]).map((field) => (
        <FormulaInput key={field} field={field} rule={rule} />
      ))}
      {(Object.keys(choiceFields) as ChoiceField[]).map((field) => (
        <ChoiceInput key={field} field={field} rule={rule} />
      ))}
      <Numbers rule={rule} />
      {isMine && (
        <p class="wrong" role="alert">
          {problem.message}
        </p>
      )}
      <p class="buttons">
        <Copy label="copy as TypeScript" text={() => ownModule(own.value)} />
      </p>
    </fieldset>
  );
}

function FormulaInput({ field, rule }: { field: FormulaField; rule: OwnRule }) {
  const id = useId();
  const { title, about } = formulaFields[field];
  const text = typed.value[field] ?? formulaOf(rule, field);
  const withText = (formula: string): OwnRule => {
    const { [field]: _, ...others } = rule.formulas;
    return { ...rule, formulas: formula === formulaFields[field].default ? others : { ...others, [field]: formula } };
  };
  let wrong = '';
  try {
    parsedField({ ...rule, formulas: { ...rule.formulas, [field]: text } }, field);
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    wrong = error.message;
  }
  const tree = parsedField(rule, field);
  const set = (next: string) => {
    const formula = tidy(next);
    const changed = withText(formula);
    try {
      parsedField(changed, field);
      typed.value = { ...typed.value, [field]: next === formula ? undefined : next };
      declare(changed);
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      typed.value = { ...typed.value, [field]: next };
    }
  };
  return (
    <div class="field wide">
      <label for={id} title={about}>
        {title} <span class="note">{about}</span>
      </label>
      <input
        id={id}
        type="text"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        maxLength={LONGEST}
        data-field={field}
        value={text}
        aria-invalid={wrong !== ''}
        aria-describedby={`${id}-note`}
        onInput={({ currentTarget }) => set(currentTarget.value)}
      />
      {wrong ? (
        <p class="wrong" id={`${id}-note`} role="alert">
          {wrong}
        </p>
      ) : (
        <p class="equation" id={`${id}-note`}>
          {tree.kind !== 'number' && <Equation of={tree} left={<mi>{title.replace('(t)', '')}</mi>} />}
        </p>
      )}
    </div>
  );
}

function ChoiceInput({ field, rule }: { field: ChoiceField; rule: OwnRule }) {
  const id = useId();
  const { title, words } = choiceFields[field];
  const word = choiceOf(rule, field);
  const set = (next: string) => {
    const { [field]: _, ...others } = rule.choices;
    declare({ ...rule, choices: next === Object.keys(words)[0] ? others : { ...others, [field]: next } });
  };
  return (
    <div class="field choice-field">
      <label for={id}>{title}</label>
      <select id={id} data-field={field} value={word} onChange={({ currentTarget }) => set(currentTarget.value)}>
        {Object.keys(words).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <span class="note">{words[word as keyof typeof words]}</span>
    </div>
  );
}

/** The numbers of the rule: their defaults, a button that removes one, and a field that adds one. */
function Numbers({ rule }: { rule: OwnRule }) {
  const [added, setAdded] = useState('');
  const [wrong, setWrong] = useState('');
  const id = useId();
  const all = numbersOf(rule);
  const fixed = ['lr', 'eps', 'weightDecay'];
  const add = () => {
    const why =
      whyNoName(added) ||
      (added in all ? `'${added}' is there already` : '') ||
      (Object.keys(rule.numbers).length >= MOST_NUMBERS ? `at most ${MOST_NUMBERS} numbers` : '');
    setWrong(why);
    if (why) return;
    setAdded('');
    declare({ ...rule, numbers: { ...rule.numbers, [added]: 0.1 } });
  };
  /** Why a number is needed: the formulas that name it. */
  const usedBy = (name: string) =>
    (Object.keys(formulaFields) as FormulaField[]).filter((field) =>
      new RegExp(`\\b${name}\\b`).test(formulaOf(rule, field)),
    );
  return (
    <>
      {Object.entries(all).map(([name, value]) => (
        <div class="number" key={name}>
          <NumberField
            label={name}
            value={value}
            onChange={(v) => declare({ ...rule, numbers: { ...rule.numbers, [name]: v } }, name)}
          />
          {!fixed.includes(name) && usedBy(name).length === 0 && (
            <button
              type="button"
              class="quiet"
              aria-label={`Remove ${name}`}
              title={`Remove ${name}`}
              onClick={() => {
                const { [name]: _, ...others } = rule.numbers;
                declare({ ...rule, numbers: others });
              }}
            >
              ×
            </button>
          )}
        </div>
      ))}
      <form
        class="field add"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <label for={id}>Add a number</label>
        <input
          id={id}
          type="text"
          placeholder="name"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={added}
          aria-invalid={wrong !== ''}
          aria-describedby={wrong ? `${id}-wrong` : undefined}
          onInput={({ currentTarget }) => {
            setAdded(currentTarget.value);
            setWrong('');
          }}
        />
        <button type="submit" class="pill">
          add
        </button>
        {wrong && (
          <p class="wrong" id={`${id}-wrong`} role="alert">
            {wrong}
          </p>
        )}
      </form>
    </>
  );
}

interface TextProps {
  label: string;
  value: string;
  /** Why a text cannot be used; empty if it can. */
  why(text: string): string;
  onChange(text: string): void;
}

function TextField({ label, value, why, onChange }: TextProps) {
  const id = useId();
  const [text, setText] = useState<string | null>(null);
  const wrong = text === null ? '' : why(text);
  return (
    <div class="field name-field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={text ?? value}
        aria-invalid={wrong !== ''}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onInput={({ currentTarget }) => {
          const next = currentTarget.value;
          setText(why(next) ? next : null);
          if (!why(next) && next !== value) onChange(next);
        }}
      />
      {wrong && (
        <p class="wrong" id={`${id}-wrong`} role="alert">
          {wrong}
        </p>
      )}
    </div>
  );
}
