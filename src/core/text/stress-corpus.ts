// Texts on which two tokenizers that are meant to be the same must agree.
export const stressCorpus: readonly string[] = [
  'Once upon a time',
  ' two  spaces',
  'naïve café',
  '日本語',
  '🙂👩‍👩‍👧',
  '\n\n\ttabs',
  '12345 3.14',
  "don't we'll",
];
