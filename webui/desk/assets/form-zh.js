/**
 * Chinese for form-js, which has no translations of its own: its validator's messages and the few words
 * that its fields print. A message without an entry here stays as it is.
 */
export const inChinese = document.documentElement.lang.startsWith('zh');

const MESSAGES = [
  [/^Field is required\.$/, () => '此项必填。'],
  [/^Value is not a number\.$/, () => '请填写数字。'],
  [/^Value is expected to be an integer\.$/, () => '请填写整数。'],
  [/^Value is expected to have at most (\d+) decimal digits?\.$/, (digits) => `小数最多 ${digits} 位。`],
  [/^Please select a valid value, the two nearest valid values are (.+) and (.+)\.$/, (low, high) => `请填写有效数值，相近的有效值为 ${low} 和 ${high}。`],
  [/^Field must match pattern /, () => '格式不正确。'],
  [/^Field must have minimum value of (.+)\.$/, (least) => `不得小于 ${least}。`],
  [/^Field must have maximum value of (.+)\.$/, (most) => `不得大于 ${most}。`],
  [/^Field must have minimum length of (.+)\.$/, (least) => `至少填写 ${least} 个字。`],
  [/^Field must have maximum length of (.+)\.$/, (most) => `最多填写 ${most} 个字。`],
  [/^Field must be a valid +international phone number/, () => '请填写带国家代码的电话号码，例如 +8651200000000。'],
  [/^Field must be a valid email\.$/, () => '请填写有效的电子邮箱。'],
  [/^Field must not be in the past\.$/, () => '应为今天或以后的日期。'],
  [/^Field must be in steps of (\d+) minutes\.$/, (step) => `时间应以 ${step} 分钟为单位。`],
  [/^M(in|ax) validation value is not a valid number\.$/, () => '请填写数字。'],
];

const WORDS = {
  Search: '搜索',
  Select: '请选择',
  'No results': '没有符合的选项',
  'All values selected': '已全部选择',
  'Nothing to show.': '暂无内容。',
  'Date and time must both be entered.': '日期和时间须同时填写。',
  'Add new': '新增一行',
  'mm/dd/yyyy': '月/日/年',
  'yyyy/mm/dd': '年/月/日',
  'hh:mm': '时:分',
};

function translated(message) {
  for (const [pattern, words] of MESSAGES) {
    const match = pattern.exec(message);
    if (match) return words(...match.slice(1));
  }
  return message;
}

/** A form-js module: the validator's two ways in, both wrapped. */
export const validatorInChinese = {
  __init__: ['validatorInChinese'],
  validatorInChinese: ['type', ValidatorInChinese],
};

ValidatorInChinese.$inject = ['validator'];

function ValidatorInChinese(validator) {
  for (const way of ['validateField', 'validateFieldInstance']) {
    const original = validator[way].bind(validator);
    validator[way] = (...given) => original(...given).map(translated);
  }
}

/**
 * Where form-js writes its own words. Labels, descriptions and options are the model's, which may say "Select" too:
 * they stay as they are. Placeholders are all its own, since a model can't set one.
 */
const OWN = ['.fjs-select-placeholder', '.fjs-dropdownlist-empty', '.fjs-table-empty', '.fjs-table-td[colspan]',
  '.fjs-form-field-error', '.fjs-repeat-render-add'].join(', ');

function translateWords(node) {
  if (node.nodeType === Node.TEXT_NODE) {
    const words = node.parentElement?.closest(OWN) && WORDS[node.data.trim()];
    if (words) node.data = words;
    return;
  }
  if (node.placeholder && WORDS[node.placeholder]) node.placeholder = WORDS[node.placeholder];
  for (const child of node.childNodes) translateWords(child);
}

/** Keeps the fixed words of the fields inside `host` Chinese, also those that appear later. */
export function wordsInChinese(host) {
  const observer = new MutationObserver((changes) => {
    for (const change of changes) change.addedNodes.forEach(translateWords);
  });
  observer.observe(host, { childList: true, subtree: true });
}
