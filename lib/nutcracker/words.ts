// Words that must not stand in a text.

/** The text with another word in the place of each of these, where it stands alone and is not a part of a longer one. */
export function withoutWords(text: string, words: readonly string[], other: string): string {
  return [...words]
    .sort((a, b) => b.length - a.length)
    .reduce((rest, word) => (word === '' ? rest : rest.replace(alone(word), () => other)), text);
}

function alone(word: string): RegExp {
  const literal = word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'gu');
}
