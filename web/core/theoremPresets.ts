// Questions about the theorems and about custom rules, each with a state that answers it and two sentences that say why.
import type { Preset } from './presets.js';

export const theoremPresets: readonly Preset[] = [
  {
    question: 'Why does Adam go the wrong way?',
    fragment: '#room=theorems',
    why: 'Adam divides each move by √v, and v averages the squares of the last slopes: v is large at the step of 2x itself, and has faded by the step of −x, so the move down along 2x is the smaller one. AMSGrad’s v never falls and the bounds of AdaBound close, so their rates hardly differ within a period, and the steeper loss wins.',
  },
  {
    question: 'For which C and β2 does Adam go the right way?',
    fragment: '#room=theorems&b2=0.8',
    why: 'With C = 8 the edge lies at β2 = 0.63: above it v still holds the square of the last 2x when −x comes, C − 1 steps later, so the move along −x shrinks too. The longer the period, the more v fades, so a larger C needs a larger β2; the map shows the edge for every C, and Adam’s default, 0.999, goes the right way for all of them.',
  },
  {
    question: 'Is theorem 4 right?',
    fragment: '#room=theorems&theorem=theorem4&rule=adabound&rule=sgdm,lr:0.2',
    why: 'Its conditions hold, yet the regret exceeds its bound: with Savarese’s bounds AdaBound is Adam up to step K, after which hi falls, and by then x is near the wrong end. The proof needs rates that never rise, and here they rise in two of three steps, as the last column counts.',
  },
  {
    question: 'When does a regret bound say anything?',
    fragment: '#room=theorems&theorem=cycle&steps=30000&rule=adabound&rule=adabound,gamma:0.01',
    why: 'No sequence of points has a regret above D G a step, so a bound above that says nothing. The dotted bounds start far above it; AdaBound’s falls below it at the step that the findings name. A small gamma moves that step beyond the run, because its bounds stay open for long.',
  },
];

export const rulePresets: readonly Preset[] = [
  {
    question: 'What does a bound that closes with √t change?',
    fragment: '#room=rule',
    why: 'Its floor takes over from Adam’s rates at step 6, before AdaBound’s floor does (step 10), and then rises more slowly: to 0.035 at step 120, where AdaBound’s is at 0.055. So this rule leaves Adam sooner and keeps a smaller rate for longer, and here it ends with less than a third of AdaBound’s loss.',
  },
  {
    question: 'Which of the two bounds matters?',
    fragment:
      '#room=rule&rule=own,lr:0.1&rule=adabound,lr:0.1,gamma:0.01&rule=adam,lr:0.1&own=OnlyCeiling,lr:0.001,finalLr:0.1,gamma:0.01&own.hi=finalLr*(1%2B1/(gamma*t))',
    why: 'Here lo is 0, so a rate is never raised, only lowered: the rule is Adam wherever Adam’s rates lie below hi. On this bowl they do from the start, so its run is Adam’s: AdaBound differs from Adam only by its lo.',
  },
];
