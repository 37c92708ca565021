// The card of a race: its data and net, the batch, steps and seed, the user's text or CSV file.
import { signal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import { FragmentError } from '../core/entries.js';
import { readText } from '../core/raceFragment.js';
import {
  aboutNet,
  checksumOf,
  FEW,
  headerOf,
  MOST_CSV,
  MOST_NAME,
  MOST_RACE_STEPS,
  netsFor,
  type RaceData,
  raceData,
  raceNets,
  TEXT_LENGTH,
} from '../core/raceTasks.js';
import type { RaceState } from '../core/state.js';
import { noteId, SelectField, useTyped, Wrong, words } from './fields.js';
import { csvCheck, csvFile, ownFacts, race, raceKind } from './race.js';
import { BatchField, ComputedBy, DataField, StepsAndSeed } from './runFields.js';
import { giveFile } from './runs.js';
import { change } from './state.js';

/** The text with which `your own text` begins. */
const FIRST_TEXT =
  'The bounds begin far apart, so at first each weight has a rate of its own. The bounds close, step by step, and at the end every weight has the same rate. What was Adam at first is SGD at last. Type a text of your own here: a poem, a letter, a list of names. The net learns which character follows which.';

/** The batch and the steps of a state, at most those with which a slow net begins. */
const limited = ({ batch, steps }: RaceState) => ({
  batch: Math.min(batch, FEW.batch),
  steps: Math.min(steps, FEW.steps),
});

export function RaceCard() {
  const { data, race: net, batch, steps, seed } = race.value;
  const facts = ownFacts.value;
  const choose = (next: RaceData) => {
    refused.value = '';
    const text = next === 'text' && race.value.text === '' ? FIRST_TEXT : race.value.text;
    change({ data: next, race: netsFor(next).includes(net) ? net : netsFor(next)[0], text });
  };
  return (
    <fieldset class="card">
      <legend>Data and net</legend>
      <DataField value={data} of={raceData} onChange={choose} />
      <p class="note">{raceData[data].about}</p>
      {data !== 'csv' && refused.value && (
        <p class="wrong" role="alert">
          {refused.value}
        </p>
      )}
      {data === 'text' && <OwnText />}
      {data === 'csv' && <OwnFile />}
      <SelectField
        label="Net"
        value={net}
        options={netsFor(data).map((key) => [key, raceNets[key].title])}
        onChange={(next) => change({ race: next, ...(next === 'resnet8' && limited(race.value)) })}
      />
      <p class="note">{aboutNet[`${net} ${raceKind.value}`]}</p>
      <BatchField batch={batch} />
      <StepsAndSeed steps={steps} seed={seed} least={2} most={MOST_RACE_STEPS} />
      {facts && (
        <ComputedBy via={facts.via} about={`${facts.about}. ${facts.weights.toLocaleString('en')} weights. `} />
      )}
    </fieldset>
  );
}

/** Why a text cannot be learned; empty if it can. */
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
  const { min, max } = TEXT_LENGTH;
  const { text, wrong, set } = useTyped(race.value.text, whyNot, String);
  return (
    <div class="field wide">
      <label for={id}>Your text</label>
      <textarea
        id={id}
        rows={6}
        spellcheck={false}
        aria-invalid={wrong !== ''}
        aria-describedby={noteId(id)}
        value={text}
        onInput={({ currentTarget }) => set(currentTarget.value, (text) => change({ text }))}
      />
      <p class={wrong ? 'wrong' : 'note'} id={noteId(id)} role={wrong ? 'alert' : undefined}>
        {wrong || `${text.length} characters; ${min} to ${max.toLocaleString('en')} fit into the address`}
      </p>
    </div>
  );
}

/** Why the last file could not be taken. */
const refused = signal('');

/** Takes a file: it becomes the data of the race. The predicted column stays if the file has it; otherwise it is the last one. */
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
  const id = useId();
  const { file } = race.value;
  const isGiven = file !== undefined && csvCheck.value === file.check;
  return (
    <>
      <div class="field wide">
        <label for={id}>
          {file && !isGiven ? `The address names ${file.name}: choose it again` : 'Choose a file, or drop one'}
        </label>
        <input
          id={id}
          type="file"
          accept=".csv,.tsv,.txt,text/csv"
          onChange={({ currentTarget }) => void take(currentTarget.files?.[0])}
        />
        <Wrong of={id} why={refused.value} />
      </div>
      {isGiven && (
        <SelectField
          label="Predict"
          value={file.target}
          options={words(headerOf(csvFile.value!.text))}
          onChange={(target) => change({ file: { ...file, target } })}
        />
      )}
    </>
  );
}

/** Lets a file be dropped anywhere on the page while the room is shown. */
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
