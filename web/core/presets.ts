// Questions that users of AdaBound and Adam ask, each with a state that answers it and two sentences that say why.

/** A question, the state that answers it, and why. */
export interface Preset {
  question: string;
  fragment: string;
  why: string;
}

export const presets: readonly Preset[] = [
  {
    question: 'What is finalLr?',
    fragment:
      '#rule=adabound,lr:0.05,finalLr:0.01,gamma:0.02&rule=adabound,lr:0.05,finalLr:0.2,gamma:0.02&rule=adabound,lr:0.05,finalLr:3,gamma:0.02&steps=150',
    why: 'Both bounds close on finalLr, so it is the rate that every weight ends with, and lr matters only before that. finalLr is not relative to the gradients: here 3 lies beyond the stability limit, so the loss falls at first and then grows.',
  },
  {
    question: 'What does a schedule do to the bounds?',
    fragment:
      '#problem=ravine&noise=2&steps=600&rule=adabound,lr:0.05,gamma:0.01&rule=adabound,lr:0.05,gamma:0.01,schedule:drop&rule=sgdm,lr:0.01,schedule:drop',
    why: 'A schedule multiplies the rate after the clip, so lo and hi fall with it, as in the authors’ program. After each drop the noise moves the point a tenth as far, whether the rate was clipped or free.',
  },
  {
    question: 'What do tiny batches do?',
    fragment:
      '#problem=ravine&noise=6&steps=600&rule=sgdm,lr:0.01&rule=adam,lr:0.05&rule=adabound,lr:0.05,finalLr:0.05',
    why: 'The noise of tiny batches enters Adam’s denominator: the noisier the gradients, the smaller its rates, so it moves slowly along the floor. SGD’s rate ignores the noise; it moves faster and jitters more, and AdaBound goes from one to the other.',
  },
  {
    question: 'Can a step divide by zero?',
    fragment: '#problem=saddle&start=1.5,0&steps=200&rule=adam,lr:0.05&rule=adabound,lr:0.05&rule=sgdm',
    why: 'On the axis y = 0 the gradient’s y component is exactly 0, so its v is 0 and only eps keeps Adam’s rate finite. The direction is 0 too, so y does not move: the rules descend to the saddle and stay there.',
  },
  {
    question: 'Where does AdaBound diverge?',
    fragment: '#problem=rosenbrock&start=-1.2,1&steps=1500&rule=adabound&rule=adam,lr:0.01',
    why: 'At AdaBound’s defaults lo(t) rises towards 0.1, whatever the curvature is. On Rosenbrock’s walls lo(t) passes the stability limit, and from then on AdaBound behaves as SGD with far too large a rate.',
  },
  {
    question: 'When does Adam go the wrong way?',
    fragment:
      '#problem=cycle&steps=300&rule=adam,lr:0.1,betas:0;0.0588&rule=amsgrad,lr:0.1,betas:0;0.0588&rule=adabound,lr:0.1,betas:0;0.0588,gamma:0.1&rule=sgdm',
    why: 'Every third gradient is large, and a short memory of v shrinks exactly that step: Adam climbs to x = 1 although the mean loss falls towards -1. AMSGrad’s long memory, and bounds that close, give all steps the same rate again.',
  },
];

/** Questions about nets, for the funnel. */
export const netPresets: readonly Preset[] = [
  {
    question: 'When does AdaBound leave Adam?',
    fragment: '#room=funnel&steps=200',
    why: 'Weight by weight, at the step where a bound passes the rate that Adam would use: as hi(t) falls, it first reaches weights with small gradients, whose rates are large. Choose a weight to see its step, and unroll that step to see why.',
  },
  {
    question: 'Is finalLr 0.1 a large rate?',
    fragment: '#room=funnel&data=moons&rule=adabound,gamma:0.02&units=heavy',
    why: 'Not as large as SGDM’s lr of 0.1: AdaBound averages its direction, which makes it 1 − β1 = 0.1 of a heavy ball’s. In heavy-ball units, those of SGDM’s lr, both bounds close on 0.01.',
  },
  {
    question: 'What do batches of four do?',
    fragment: '#room=funnel&data=moons&batch=4',
    why: 'Noise makes gradients larger, so v grows and Adam’s rates fall: at step 300 hi lowers 4 % of them and lo raises 5 %. Set the batch to 400, all the points: then hi lowers half of the rates and lo raises none.',
  },
  {
    question: 'What does a schedule do to the funnel?',
    fragment: '#room=funnel&data=moons&rule=adabound,gamma:0.02,schedule:drop',
    why: 'It multiplies the rates after the clip, so the whole funnel falls to a tenth at steps 151 and 226. Which weights are clipped does not change at a drop, because rates and bounds fall together.',
  },
  {
    question: 'How fast does gamma close the funnel?',
    fragment: '#room=funnel&data=moons&rule=adabound,gamma:0.1',
    why: 'From step 10 / gamma on, both bounds are within 10 % of finalLr: with gamma 0.1 that is step 100, and AdaBound is almost SGD. At the default, 0.001, it is step 10,000, which this run does not reach.',
  },
  {
    question: 'Does anything divide by zero?',
    fragment: '#room=funnel&steps=120&of=fc2.weight',
    why: 'Weights behind a unit that has never fired have had no gradient: v is 0, and Adam’s rate is a / eps, far above 1,000. Their rates are the stripe at the top; hi lowers them, and since m is 0 too, these weights do not move.',
  },
];
