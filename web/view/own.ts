// The custom rule, as a signal: every room runs the same declaration.
import { effect, signal } from '@preact/signals';
import { firstOwn, OWN, type OwnRule } from '../core/ownRule.js';
import type { RuleChoice, State } from '../core/state.js';
import { catalog, state } from './state.js';

/** The declaration that was shown last. */
export const own = signal<OwnRule>(firstOwn);

effect(() => {
  const declared = state.value.rules.find((rule) => rule.own)?.own;
  if (declared) own.value = declared;
});

/** A state whose custom rules have the latest declaration. */
export function withOwn<S extends State>(of: S): S {
  if (!of.rules.some((rule) => rule.own && rule.own !== own.value)) return of;
  return { ...of, rules: of.rules.map((rule) => (rule.own ? { ...rule, own: own.value } : rule)) };
}

/** The choice of an optimizer by its key. */
export const choiceOfKey = (key: string): RuleChoice =>
  key === OWN ? { key, hyper: {}, own: own.value } : { key, hyper: {} };

/** The optimizers that a list offers: those of the registry, and the custom rule. */
export const offered = (): { key: string; title: string; about: string }[] => [
  ...Object.entries(catalog).map(([key, { title, about }]) => ({ key, title, about })),
  { key: OWN, title: `${own.value.title} (yours)`, about: 'the rule of room “Your rule”' },
];
