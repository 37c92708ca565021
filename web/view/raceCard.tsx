// The card of a race: its data and net, the batch, steps and seed, a text of one's own, a CSV file of one's own.
import { signal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import { FragmentError } from '../core/entries.js';
import { MOST_BATCH } from '../core/nets.js';
import { readText } from '../core/raceFragment.js';
import {
  aboutNet,
  checksumOf,
  headerOf,
  MOST_CSV,
  MOST_NAME,
  MOST_RACE_STEPS,
  netsFor,
  type RaceData,
  type RaceNet,
  raceData,
  raceNets,
  TEXT_LENGTH,
} from '../core/raceTasks.js';
import { NumberField } from './fields.js';
import { csvFile, race, raceFacts, raceKind } from './race.js';
import { change, giveFile, hasImages } from './store.js';

/** The text with which `your own text` begins. */
const FIRST_TEXT =
  'The bounds begin far apart, so at first each weight has a rate of its own. The bounds close, step by step, and at the end every weight has the same rate. What was Adam at first is SGD at last. Type a text of your own here: a poem, a letter, a list of names. The net learns which character follows which.';

export function RaceCard() {
  const [dataId, netId] = [useId(), useId()];
  const { data, race: net, batch, steps, seed } = race.value;
  const choose = (next: RaceData) => {
    const text = next === 'text' && race.value.text === '' ? FIRST_TEXT : race.value.text;
    change({ data: next, race: netsFor(next).includes(net) ? net : netsFor(next)[0], text });
  };
  return (
    <fieldset class="card">
      <legend>Data and net</legend>
      <div class="field">
        <label for={dataId}>Data</label>
        <select id={dataId} value={data} onChange={({ currentTarget }) => choose(currentTarget.value as RaceData)}>
          {Object.entries(raceData).map(([key, { title, kind }]) => (
            <option key={key} value={key}>
              {title}
              {kind === 'images' && !hasImages && ' (not in this page)'}
            </option>
          ))}
        </select>
      </div>
      <p class="note">{raceData[data].about}</p>
      {data === 'text' && <OwnText />}
      {data === 'csv' && <OwnFile />}
      <div class="field">
        <label for={netId}>Net</label>
        <select
          id={netId}
          value={net}
          onChange={({ currentTarget }) => change({ race: currentTarget.value as RaceNet })}
        >
          {netsFor(data).map((key) => (
            <option key={key} value={key}>
              {raceNets[key].title}
            </option>
          ))}
        </select>
      </div>
      <p class="note">{aboutNet[`${net} ${raceKind.value}`]}</p>
      <NumberField
        label="batch"
        value={batch}
        min={1}
        max={MOST_BATCH}
        isWhole
        slider="log"
        onChange={(v) => change({ batch: v })}
      />
      <div class="row">
        <NumberField
          label="steps"
          value={steps}
          min={2}
          max={MOST_RACE_STEPS}
          isWhole
          onChange={(v) => change({ steps: v })}
        />
        <NumberField
          label="seed"
          value={seed}
          min={0}
          max={2 ** 32 - 1}
          isWhole
          onChange={(v) => change({ seed: v })}
        />
      </div>
      {raceFacts.value && (
        <p class="note">
          {raceFacts.value.about}. {raceFacts.value.weights.toLocaleString('en')} weights. Computed by{' '}
          {raceFacts.value.via}, one thread.
          {raceFacts.value.via === 'loops' && ' Without WebAssembly the last digits differ from Node’s.'}
        </p>
      )}
    </fieldset>
  );
}

/** What is typed, while it is too short or too long. */
const typed = signal<string | null>(null);

/** Why a text cannot be learnt; empty if it can. */
function whyNot(text: string): string {
  try {
    readText(text);
    return '';
  } catch (error) {
    if (!(error instanceof FragmentError)) throw error;
    return error.message;
  }
}

function OwnText() {
  const id = useId();
  const text = typed.value ?? race.value.text;
  const { min, max } = TEXT_LENGTH;
  const wrong = whyNot(text);
  return (
    <div class="field wide">
      <label for={id}>Your text</label>
      <textarea
        id={id}
        rows={6}
        spellcheck={false}
        aria-invalid={wrong !== ''}
        aria-describedby={`${id}-note`}
        value={text}
        onInput={({ currentTarget: { value } }) => {
          const fits = whyNot(value) === '';
          typed.value = fits ? null : value;
          if (fits) change({ text: value });
        }}
      />
      <p class={wrong ? 'wrong' : 'note'} id={`${id}-note`} role={wrong ? 'alert' : undefined}>
        {wrong || `${text.length} characters; ${min} to ${max.toLocaleString('en')} fit into the address`}
      </p>
    </div>
  );
}

/** Why the last file could not be taken. */
const refused = signal('');

/** Takes a file: it becomes the data of the race, and its last column is predicted. */
async function take(file: File | undefined): Promise<void> {
  if (!file) return;
  refused.value = '';
  if (file.size > MOST_CSV) {
    refused.value = `${file.name}: ${file.size.toLocaleString('en')} bytes, at most ${MOST_CSV.toLocaleString('en')}`;
    return;
  }
  const text = await file.text();
  const name = file.name.replace(/\p{Surrogate}/gu, '').slice(0, MOST_NAME) || 'file.csv';
  const columns = headerOf(text).filter((column) => column !== '' && column.length <= MOST_NAME);
  if (columns.length < 2) {
    refused.value = `${name}: not a table with a header: its first line must name at least two columns`;
    return;
  }
  giveFile({ name, text });
  const known = race.value.file?.target;
  const target = known !== undefined && columns.includes(known) ? known : columns.at(-1)!;
  change({ data: 'csv', race: 'mlp', file: { name, check: checksumOf(text), target } });
}

function OwnFile() {
  const [id, targetId] = [useId(), useId()];
  const { file } = race.value;
  const columns = csvFile.value ? headerOf(csvFile.value.text) : [];
  return (
    <>
      <div class="field wide">
        <label for={id}>
          {file && !csvFile.value ? `The address names ${file.name}: choose it again` : 'Choose a file, or drop one'}
        </label>
        <input
          id={id}
          type="file"
          accept=".csv,.tsv,.txt,text/csv"
          onChange={({ currentTarget }) => void take(currentTarget.files?.[0])}
        />
        {refused.value && (
          <p class="wrong" role="alert">
            {refused.value}
          </p>
        )}
      </div>
      {file && columns.length > 0 && (
        <div class="field">
          <label for={targetId}>Predict</label>
          <select
            id={targetId}
            value={file.target}
            onChange={({ currentTarget }) => change({ file: { ...file, target: currentTarget.value } })}
          >
            {columns.map((column) => (
              <option key={column}>{column}</option>
            ))}
          </select>
        </div>
      )}
    </>
  );
}

/** Lets a file be dropped anywhere in the room. */
export function useDrop(): void {
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      void take(file);
    };
    addEventListener('dragover', over);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('drop', drop);
    };
  }, []);
}
