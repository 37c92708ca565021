// The fields that the cards of several rooms share: the data, batch, steps and seed of a run, and how it is computed.
import type { ComponentChildren } from 'preact';
import { MOST_BATCH } from '../core/nets.js';
import { NumberField, SelectField, titled } from './fields.js';
import { change, hasImages } from './state.js';

interface DataProps<K extends string> {
  value: K;
  /** The data sets to choose from. */
  of: Readonly<Record<K, { readonly title: string; readonly kind: string }>>;
  onChange(value: K): void;
}

export function DataField<K extends string>({ value, of, onChange }: DataProps<K>) {
  const isMissing = (key: K) => of[key].kind === 'images' && !hasImages;
  const options = titled(of).map(
    ([key, title]) => [key, isMissing(key) ? `${title} (not in this page)` : title] as const,
  );
  return <SelectField label="Data" value={value} options={options} onChange={onChange} />;
}

/** Replaces the plots of a run on images if the page has no images. instead: what else to do. */
export function MissingImages({ instead }: { instead: ComponentChildren }) {
  return (
    <div class="missing">
      <p>
        This page was written without the images, so it cannot train on them. {instead}, or write a page that has them:{' '}
        <code>npx boundgrad lab --out lab.html</code>
      </p>
    </div>
  );
}

export function BatchField({ batch }: { batch: number }) {
  return (
    <NumberField
      label="batch"
      value={batch}
      min={1}
      max={MOST_BATCH}
      isWhole
      slider="log"
      onChange={(v) => change({ batch: v })}
    />
  );
}

export function SeedField({ seed }: { seed: number }) {
  return (
    <NumberField label="seed" value={seed} min={0} max={2 ** 32 - 1} isWhole onChange={(v) => change({ seed: v })} />
  );
}

/** The steps and the seed, side by side. least, most: of the steps. */
export function StepsAndSeed({
  steps,
  seed,
  least = 1,
  most,
}: {
  steps: number;
  seed: number;
  least?: number;
  most: number;
}) {
  return (
    <div class="row">
      <NumberField label="steps" value={steps} min={least} max={most} isWhole onChange={(v) => change({ steps: v })} />
      <SeedField seed={seed} />
    </div>
  );
}

/** How a net is computed, and whether its numbers are Node's. about: sentences before it. */
export function ComputedBy({ via, about = '' }: { via: string; about?: string }) {
  return (
    <p class="note">
      {about}Computed by {via}, one thread.
      {via === 'loops' && ' Without WebAssembly the last digits differ from Node’s.'}
    </p>
  );
}
