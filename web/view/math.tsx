// A formula as MathML, which every browser draws by itself.
import type { ComponentChildren, JSX } from 'preact';
import { type Formula, strengthOf } from '../core/formula.js';

/** A formula as an equation, for example `f = x + y`. left: the left side. sign: the sign between both sides. Default: '='. */
export function Equation({
  of,
  left,
  sign = '=',
}: {
  of: Formula;
  left?: ComponentChildren;
  sign?: string;
}): JSX.Element {
  return (
    <math>
      <mrow>
        {left}
        {left && <mo>{sign}</mo>}
        {tree(of)}
      </mrow>
    </math>
  );
}

/** A bracket as high as a letter. Preact's type for the attribute allows only true and false, and false would remove the attribute. */
export const flat: object = { stretchy: 'false' };

const names: Readonly<Record<string, string>> = {
  pi: 'π',
  k: 'κ',
  b1: 'β₁',
  b2: 'β₂',
  delta: 'δ',
  ratio: 'γ',
  infinity: '∞',
};

/** A formula as a part of an equation. */
export function tree(f: Formula): JSX.Element {
  const inside = (part: Formula, least: number) =>
    strengthOf(part) < least ? (
      <mrow>
        <mo {...flat}>(</mo>
        {tree(part)}
        <mo {...flat}>)</mo>
      </mrow>
    ) : (
      tree(part)
    );
  switch (f.kind) {
    case 'number':
      return <mn>{f.value}</mn>;
    case 'name':
      return <mi>{names[f.name] ?? f.name}</mi>;
    case 'negative':
      return (
        <mrow>
          <mo>−</mo>
          {inside(f.of, 2)}
        </mrow>
      );
    case 'call':
      if (f.name === 'sqrt') return <msqrt>{tree(f.of)}</msqrt>;
      if (f.name === 'abs')
        return (
          <mrow>
            <mo>|</mo>
            {tree(f.of)}
            <mo>|</mo>
          </mrow>
        );
      return (
        <mrow>
          <mi>{f.name}</mi>
          <mo {...flat}>(</mo>
          {tree(f.of)}
          <mo {...flat}>)</mo>
        </mrow>
      );
    case 'binary':
      if (f.operator === '/')
        return (
          <mfrac>
            {tree(f.left)}
            {tree(f.right)}
          </mfrac>
        );
      if (f.operator === '^')
        return (
          <msup>
            {inside(f.left, 5)}
            {tree(f.right)}
          </msup>
        );
      return (
        <mrow>
          {inside(f.left, strengthOf(f))}
          {f.operator === '*' ? (
            <mo>{f.right.kind === 'number' ? '·' : '\u2062'}</mo>
          ) : (
            <mo>{f.operator === '-' ? '−' : '+'}</mo>
          )}
          {inside(f.right, strengthOf(f) + (f.operator === '-' ? 0.5 : 0))}
        </mrow>
      );
  }
}
