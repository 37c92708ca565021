// Questions that users of AdaBound and Adam really ask, each with a state that answers it and two sentences of why.

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
    why: 'Both bounds close on finalLr, so it is the rate that every weight ends with, and lr matters only before. It is not relative to the gradients: here 3 ends beyond the stability limit, and the loss turns round and grows.',
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
    why: 'The noise of tiny batches enters Adam’s denominator: the noisier the gradients, the smaller its rates, so it crawls along the floor. SGD’s rate ignores the noise; it moves faster and jitters more, and AdaBound goes from one to the other.',
  },
  {
    question: 'Can a step divide by zero?',
    fragment: '#problem=saddle&start=1.5,0&steps=200&rule=adam,lr:0.05&rule=adabound,lr:0.05&rule=sgdm',
    why: 'On the axis y = 0 the gradient of y is exactly 0, so v is 0 and only eps keeps Adam’s rate finite. The direction is 0 too, so y does not move: the rules descend to the saddle and stay there.',
  },
  {
    question: 'Where does AdaBound diverge?',
    fragment: '#problem=rosenbrock&start=-1.2,1&steps=1500&rule=adabound&rule=adam,lr:0.01',
    why: 'At its defaults lo(t) rises towards 0.1, whatever the curvature is. On Rosenbrock’s walls it passes the stability limit, and from then on AdaBound behaves as SGD with far too large a rate.',
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
    why: 'hi(t) falls from above every rate that Adam would use; a weight leaves Adam at the step where hi passes its rate. Weights with small gradients have large rates and go first, here before the tenth step, and at step 200 few are left.',
  },
];
