// Finds exports and public members without a documentation comment, and comments that only repeat the name.
import { type DeclarationReflection, type ProjectReflection, type Reflection, ReflectionKind } from 'typedoc';

const checked =
  ReflectionKind.Variable |
  ReflectionKind.Function |
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Property |
  ReflectionKind.Method |
  ReflectionKind.Accessor;

/** Words that add nothing to a name. */
const EMPTY = new Set(
  'a an the of this that is are its it to for and or in on get gets set sets returns value'.split(' '),
);

/** One line for each missing or empty comment. */
export function checkComments(project: ProjectReflection): string[] {
  const reflections = Object.values(project.reflections).filter((r) => r.kindOf(checked) && isNamed(r));
  return reflections.flatMap((r) => {
    const at = `${r.getFullName()} (${(r as DeclarationReflection).sources?.[0]?.fileName})`;
    const comment = textOf(r as DeclarationReflection);
    if (comment === '') return [`${at} has no documentation comment`];
    return repeats(r.name, comment) ? [`${at} has a comment that only repeats its name: ${comment}`] : [];
  });
}

/** Whether a reflection needs a comment of its own. The members of an anonymous type do not: their owner has one. A member that overrides
 *  another does not: the other has one. */
function isNamed(reflection: Reflection): boolean {
  for (let r: Reflection | undefined = reflection; r; r = r.parent) if (r.name === '__type') return false;
  const { inheritedFrom, overwrites } = reflection as DeclarationReflection;
  return !inheritedFrom && !overwrites && !reflection.flags.isExternal;
}

/** The text of a comment, of the reflection or of its signatures. */
function textOf(r: DeclarationReflection): string {
  const all = [r, ...(r.signatures ?? []), r.getSignature, r.setSignature];
  if (r.type?.type === 'reflection') all.push(...(r.type.declaration.signatures ?? []));
  const parts = all.flatMap((one) => [
    ...(one?.comment?.summary ?? []),
    ...(one?.comment?.blockTags ?? []).flatMap((t) => t.content),
  ]);
  return parts
    .map((part) => part.text)
    .join('')
    .trim();
}

function repeats(name: string, comment: string): boolean {
  const known = new Set(words(name.replace(/([a-z0-9])([A-Z])/g, '$1 $2')));
  return words(comment).every((word) => EMPTY.has(word) || known.has(word) || known.has(word.replace(/s$/, '')));
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}
