// The text that each net generates, beginning with the first characters of the training text.
import { looksOf } from './look.js';
import { grownRace, marks, measuredAt, raceFacts, raceRules, shownScore } from './race.js';
import { RuleFigure } from './rules.js';
import { shownStep } from './state.js';

export function WrittenTexts() {
  grownRace.value;
  if (marks.value.length === 0) return <div class="missing" />;
  return (
    <div class="panels rows">
      {looksOf(raceRules.value).map((look, i) => {
        const { step, measured } = measuredAt(shownStep.value, i)!;
        return (
          <RuleFigure key={look.title} look={look}>
            <blockquote>
              <b>{raceFacts.value?.prompt}</b>
              {measured.sample ?? ' ..'}
            </blockquote>
            <p class="note">
              After step {step}: {shownScore(measured.score)} of the next characters right. A loss of{' '}
              {measured.loss.toFixed(2)} is the loss of a guess among {Math.exp(measured.loss).toFixed(1)} equally
              probable characters.
            </p>
          </RuleFigure>
        );
      })}
    </div>
  );
}
