// The declaration of a custom rule, as fields. A text that cannot be used stays in its input, with the reason below it; the rule that runs
// keeps the last text that could be used.
import { useId, useState } from 'preact/hooks';
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
import {
  FormulaInput,
  judged,
  NumberField,
  plainText,
  Select,
  SelectField,
  TextField,
  Wrong,
  words,
} from './fields.js';
import { own } from './own.js';
import { catalog, change, problemWith, surface } from './state.js';

/** Runs a changed declaration. without: the name of a number that the rules no longer override. */
function declare(next: OwnRule, without?: string): void {
  const names = numbersOf(next);
  const rules = surface.value.rules.map((rule) => {
    if (!rule.own) return rule;
    const kept = Object.entries(rule.hyper).filter(([name]) => name in names && name !== without);
    return { ...rule, own: next, hyper: Object.fromEntries(kept) };
  });
  change({ rules });
}

export function Editor() {
  const rule = own.value;
  // A new template replaces the typed text.
  const [begun, setBegun] = useState(0);
  const titles = Object.values(catalog).map(({ title }) => title);
  const problem = problemWith.value;
  const isMine = typeof problem?.where === 'number' && surface.value.rules[problem.where]?.own;
  return (
    <fieldset class="card editor">
      <legend>Declaration</legend>
      <SelectField
        label="Begin with"
        value=""
        options={[['', 'choose one'], ...words(templates.map(({ title }) => title))]}
        onChange={(title) => {
          const template = templates.find((each) => each.title === title);
          if (!template) return;
          setBegun(begun + 1);
          declare(template, 'lr');
        }}
      />
      <TextField
        label="name"
        value={rule.title}
        why={(text) => whyNoTitle(text, titles)}
        onChange={(title) => declare({ ...rule, title })}
      />
      {(Object.keys(formulaFields) as FormulaField[]).map((field) => (
        <RuleFormula key={`${field} ${begun}`} field={field} rule={rule} />
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

function RuleFormula({ field, rule }: { field: FormulaField; rule: OwnRule }) {
  const { title, about, default: byDefault } = formulaFields[field];
  const withText = (formula: string): OwnRule => {
    const { [field]: _, ...others } = rule.formulas;
    return { ...rule, formulas: formula === byDefault ? others : { ...others, [field]: formula } };
  };
  return (
    <FormulaInput
      left={title.replace('(t)', '')}
      label={
        <>
          {title} <span class="note">{about}</span>
        </>
      }
      title={about}
      name={field}
      value={formulaOf(rule, field)}
      parse={(text) => parsedField(withText(tidy(text)), field)}
      read={tidy}
      onChange={(formula) => declare(withText(formula))}
    />
  );
}

function ChoiceInput({ field, rule }: { field: ChoiceField; rule: OwnRule }) {
  const id = useId();
  const { title, words: meanings } = choiceFields[field];
  const word: string = choiceOf(rule, field);
  const set = (next: string) => {
    const { [field]: _, ...others } = rule.choices;
    declare({ ...rule, choices: next === Object.keys(meanings)[0] ? others : { ...others, [field]: next } });
  };
  return (
    <div class="field choice-field">
      <label for={id}>{title}</label>
      <Select id={id} data-field={field} value={word} options={words(Object.keys(meanings))} onChange={set} />
      <span class="note">{meanings[word as keyof typeof meanings]}</span>
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
          {...plainText}
          {...judged(id, wrong)}
          placeholder="name"
          value={added}
          onInput={({ currentTarget }) => {
            setAdded(currentTarget.value);
            setWrong('');
          }}
        />
        <button type="submit" class="pill">
          add
        </button>
        <Wrong of={id} why={wrong} />
      </form>
    </>
  );
}
