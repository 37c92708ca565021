// The test images that each net gets wrong, with the right class and the one that the net gives.
import { useEffect, useRef } from 'preact/hooks';
import { looksOf } from './look.js';
import { grownRace, marks, measuredAt, raceFacts, raceRules, samples, shownScore } from './race.js';
import { RuleFigure } from './rules.js';
import { shownStep } from './state.js';

/** For each rule: the most images that only this rule gets wrong, which come first; and the most images in all. */
const [OWN, ALL] = [6, 12];

export function WrongImages() {
  grownRace.value;
  const labels = samples.value?.labels;
  if (marks.value.length === 0 || !labels) return <div class="missing" />;
  const classes = raceFacts.value?.classes ?? [];
  const looks = looksOf(raceRules.value);
  const found = looks.map((_, i) => measuredAt(shownStep.value, i)!);
  const isWrong = (rule: number, i: number) => found[rule].measured.answers![i] !== labels[i];
  return (
    <div class="panels rows">
      {looks.map((look, rule) => {
        const wrong = [...labels.keys()].filter((i) => isWrong(rule, i));
        const own = wrong.filter((i) => looks.every((_, other) => other === rule || !isWrong(other, i)));
        const isShared = (i: number) => !own.includes(i);
        const order = looks.length > 1 ? [...own.slice(0, OWN), ...wrong.filter(isShared)] : wrong;
        return (
          <RuleFigure key={look.title} look={look}>
            <p class="note">
              After step {found[rule].step}: {shownScore(found[rule].measured.score)} right, {wrong.length} of{' '}
              {labels.length} wrong{looks.length > 1 && `; ${own.length} of them only ${look.title} gets wrong`}
            </p>
            <ul class="images" aria-label={`Images that ${look.title} gets wrong`}>
              {order.slice(0, ALL).map((i) => (
                <li key={i} class={own.includes(i) && looks.length > 1 ? 'own' : undefined}>
                  <Picture place={i} />
                  <span>
                    {classes[labels[i]]}, <span class="visually-hidden">taken for</span>{' '}
                    <b>{classes[found[rule].measured.answers![i]]}</b>
                  </span>
                </li>
              ))}
            </ul>
          </RuleFigure>
        );
      })}
      <p class="note">
        Below each image: its class, then in bold the net’s answer. Framed: only this rule’s net is wrong.
      </p>
    </div>
  );
}

function Picture({ place }: { place: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { side = 1, pixels } = samples.value!;
  useEffect(() => {
    const ctx = canvas.current?.getContext('2d');
    if (!ctx || !pixels) return;
    const image = new ImageData(side, side);
    for (let i = 0; i < side * side; i++) {
      const v = pixels[place * side * side + i];
      image.data.set([v, v, v, 255], 4 * i);
    }
    ctx.putImageData(image, 0, 0);
  }, [place, pixels]);
  return <canvas ref={canvas} width={side} height={side} />;
}
