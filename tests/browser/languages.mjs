// Texts that say no word of the language that they are declared to be in, as somebody hears them who listens to the page.
export function wordsOfTheOtherLanguage() {
  const OTHER = {
    en: /\b(hii|yako|kwenye|kutoka|huduma hii|malipo yako|tafadhali|hakuna)\b/i,
    sw: /\b(the|and|you|your|this|with|are|of|not|from|has|have|pay|paid|error|staff|phone)\b/i,
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const inside = texts.currentNode.parentElement;
    if (inside.closest("script, code, pre")) continue;
    const language = inside.closest("[lang]").lang;
    if (OTHER[language]?.test(texts.currentNode.data)) found.push(`${language}: ${texts.currentNode.data.trim()}`);
  }
  return found;
}
