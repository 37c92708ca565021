// Questions about nets that race, each with a state that answers it and two sentences that say why.
import type { Preset } from './presets.js';

export const racePresets: readonly Preset[] = [
  {
    question: 'Who finds the spirals first?',
    fragment: '#room=nets&slice=ends',
    why: 'Adam and AdaBound: at step 200 they have 4 of 5 points right, SGDM little more than half. From then on, AdaBound’s rates close on those of SGDM, so it swings as SGDM does, and Adam alone gets 97 % right.',
  },
  {
    question: 'What does finalLr do on tiny batches?',
    fragment:
      '#room=nets&data=moons&batch=2&steps=600&rule=adam&rule=adabound,finalLr:0.01,gamma:0.01&rule=adabound,finalLr:0.1,gamma:0.01&rule=adabound,finalLr:1,gamma:0.01',
    why: 'The bounds close on finalLr, so at the end the noise of a batch moves every weight in proportion to finalLr: with batches of two, 1 is too much, and its test loss ends ten times as high as that of 0.1. Set the batch to 100, whose gradients have less noise: now 1 is the only one that gets every point right.',
  },
  {
    question: 'Can finalLr be lowered in time?',
    fragment:
      '#room=nets&steps=600&rule=adabound,lr:0.01,finalLr:3,gamma:0.01&rule=adabound,lr:0.01,finalLr:3,gamma:0.01&rule=adam,lr:0.01&change=300,2,finalLr:0.3',
    why: 'Before step 300 both AdaBounds are the same net to the last digit. The one whose finalLr then becomes 0.3 settles at 89 %; the other continues to swing and ends 10 points lower.',
  },
  {
    question: 'What does a custom bound change on a real net?',
    fragment: '#room=nets&data=fashion&batch=32&steps=200&rule=adam&rule=adabound&rule=own',
    why: 'SqrtClosing’s bounds close with √t: at step 30 its hi is 0.47 where AdaBound’s is 3.4, so it cuts rates that AdaBound leaves alone, and it is 14 points behind. By step 120 it has caught up; a bound that closes early costs the start, not the end.',
  },
  {
    question: 'Which images do they get wrong?',
    fragment: '#room=nets&data=fashion&batch=32&steps=200&rule=sgdm,lr:0.03&rule=adam',
    why: 'Mostly the same ones: shirts, coats and pullovers look alike in 28 × 28 pixels, and no rule can tell more than the net can see. The framed images are those that only one rule gets wrong.',
  },
  {
    question: 'Who learns the text by heart?',
    fragment: '#room=nets&data=loomings&batch=16&steps=300&rule=sgdm,lr:0.5&rule=adam,lr:0.01&rule=adabound,lr:0.01',
    why: 'SGDM and Adam: after step 160 the loss of their batches continues to fall while that of the last pages, which they do not see, rises. AdaBound is slower here, and its loss on those pages still falls at the end.',
  },
];
