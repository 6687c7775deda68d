'use strict';

// The ledger filters by verdict, chapter and machine, and a link to a claim opens it. Nothing is kept.
(() => {
    const ledger = document.querySelector('.ledger');
    if (!ledger) return;
    const claims = [...ledger.querySelectorAll('details.claim')];
    const filters = ledger.querySelector('.filters');
    const status = filters.querySelector('[role=status]');
    const chips = [...filters.querySelectorAll('button')];
    const is = chip => chip.ariaPressed === 'true';
    const press = (chip, pressed) => { chip.ariaPressed = String(pressed); };
    const pressed = key => chips.filter(chip => is(chip) && key in chip.dataset).map(chip => chip.dataset[key]);

    function filter() {
        const [machine = 0] = pressed('machine');
        const [verdicts, chapters] = [pressed('verdict'), pressed('chapter')];
        for (const claim of claims) {
            const verdict = claim.dataset.verdicts.split(' ')[machine];
            const judging = claim.dataset.chapters.split(' ');
            claim.hidden = verdicts.length > 0 && !verdicts.includes(verdict) || chapters.length > 0 && !chapters.some(chapter => judging.includes(chapter));
        }
        status.textContent = `${claims.filter(claim => !claim.hidden).length} of ${claims.length} claims`;
    }

    // Of the machines one is chosen, here or in a chart.
    function choose(machine) {
        for (const chip of chips) if ('machine' in chip.dataset) press(chip, chip.dataset.machine === String(machine));
        filter();
    }
    filters.addEventListener('click', ({ target }) => {
        const chip = target.closest('button');
        if (!chip) return;
        // Which machine is chosen is for the whole book, and the charts' business.
        if ('machine' in chip.dataset) return;
        press(chip, !is(chip));
        filter();
    });
    document.addEventListener('edition', ({ detail }) => choose(detail));

    function open() {
        const claim = document.getElementById(decodeURIComponent(location.hash.slice(1)))?.closest('details.claim');
        if (!claim) return;
        if (claim.hidden) {
            for (const chip of chips) if (!('machine' in chip.dataset)) press(chip, false);
            filter();
        }
        claim.open = true;
        claim.scrollIntoView();
    }
    addEventListener('hashchange', open);
    open();
})();
