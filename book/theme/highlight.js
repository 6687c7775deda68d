'use strict';
// Colours the code of this book. mdBook's script calls configure() and highlightBlock().
window.hljs = (() => {
    // A group's name is the class of its match; a `word` is looked up first.
    const languages = {
        rust: {
            keywords: 'as async await break const continue crate dyn else enum extern fn for if impl in let loop match mod move mut pub ref return self static struct super trait type unsafe use where while',
            pattern: /(?<comment>\/\/.*|\/\*[^]*?\*\/)|(?<meta>#!?\[(?:"[^"]*"|[^\]"])*\])|(?<string>[bc]?r(?<_>#*)"[^]*?"\k<_>|[bc]?"(?:\\[^]|[^"\\])*"|b?'(?:\\u\{\w+\}|\\x\w\w|\\.|[^\\'\n])')|(?<symbol>'[a-z_]\w*)|(?<number>\b\d\w*(?:\.\d\w*)?)|(?<title>\b\w+!(?!=)|(?<=\bfn )\w+)|(?<word>\b[A-Za-z_]\w*)/g,
        },
        python: {
            keywords: 'and as assert break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield',
            pattern: /(?<comment>#.*)|(?<string>\w?(?:"""[^]*?"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))|(?<number>\b\d[\w.]*)|(?<title>(?<=\bdef )\w+)|(?<word>\b[A-Za-z_]\w*)/g,
        },
        toml: {
            pattern: /(?<comment>#.*)|(?<section>^\[.*\])|(?<string>"(?:\\.|[^"\\\n])*"|'[^'\n]*')|(?<attr>^[\w.-]+(?= *=))|(?<number>\b\d[\w.:-]*)|(?<word>\b[a-z]+\b)/gm,
        },
        console: { pattern: /(?<prompt>^\$ )(?<command>(?:.*\\\n)*.*)/gm },
    };

    function classOf(word, keywords = '') {
        if (keywords.split(' ').includes(word)) return 'keyword';
        if (/^(?:[tT]rue|[fF]alse|None)$/.test(word)) return 'literal';
        if (/^(?:[A-Z]\w*|bool|char|str|[fiu](?:8|16|32|64|128|size))$/.test(word)) return 'type';
    }

    // Elements inside the code, such as hidden lines, stay what they are.
    function paint(node, { pattern, keywords }) {
        const text = node.data;
        const out = document.createDocumentFragment();
        let done = 0;
        for (const match of text.matchAll(pattern)) {
            let at = match.index;
            for (const [kind, part] of Object.entries(match.groups)) {
                const name = part && kind !== '_' && (kind === 'word' ? classOf(part, keywords) : kind);
                if (!name) continue;
                const span = document.createElement('span');
                span.className = 'hljs-' + name;
                span.textContent = part;
                out.append(text.slice(done, at), span);
                done = at += part.length;
            }
        }
        out.append(text.slice(done));
        node.replaceWith(out);
    }

    function highlightBlock(code) {
        const language = languages[/\blanguage-(\w+)/.exec(code.className)?.[1]];
        if (!language) return;
        const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
        const nodes = [];
        while (walker.nextNode()) nodes.push(walker.currentNode);
        for (const node of nodes) paint(node, language);
    }

    return { configure() {}, highlightBlock };
})();
