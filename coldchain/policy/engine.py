"""Pure: which evidence policy applies to a batch, and whether the batch may leave (R1, R2, R5, R7).

Invariants: papers and records are separate, neither stands for the other; coverage is all or nothing; a refusal names
every missing item and what to do next in Chinese and English; without a policy imported goods are not clear. What was
made from other batches is clear when each of them is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from coldchain.policy import coverage, messages, suspensions, vocabulary
from coldchain.policy.coverage import Cover, Piece, Range
from coldchain.policy.facts import (
    GOODS_SITES,
    NATION,
    TUBE_STATES,
    BatchFacts,
    DisinfectionFact,
    Missing,
    Note,
    PolicyRow,
    Source,
    TubeFact,
    Verdict,
)
from coldchain.policy.protocols import NO_PROTOCOL, NOT_MET
from coldchain.policy.wording import missing as _missing
from coldchain.policy.wording import note as _note

ABSENT = MappingProxyType({"declared": "not_arrived", "withdrawn": "withdrawn"})


def latest_versions(rows: Iterable[PolicyRow]) -> list[PolicyRow]:
    """Return the newest version of each code: a correction replaces what it corrects, its dates too."""
    newest: dict[str, PolicyRow] = {}
    for row in rows:
        if row.code not in newest or newest[row.code].version < row.version:
            newest[row.code] = row
    return list(newest.values())


def choose(
    rows: Iterable[PolicyRow], *, regions: Sequence[str], on: date, category: str, imported: bool
) -> PolicyRow | None:
    """Return the policy row for goods that arrived `on`, or None (R1).

    `regions` is the ancestry of the dispatching site's region, most specific first. The row in force wins, that of the
    most specific region, then of the latest start. Where none is in force, an arrival before the first row of a region
    (not of the nation: a national regime has no earlier life) uses that row.
    """
    fitting = [
        row
        for row in latest_versions(rows)
        if row.imported == imported and (row.categories is None or category in row.categories)
    ]
    by_region: dict[str, list[PolicyRow]] = {}
    for row in fitting:
        by_region.setdefault(row.region_code or NATION, []).append(row)
    levels = [by_region[region] for region in regions if region in by_region]
    if NATION not in regions and NATION in by_region:
        levels.append(by_region[NATION])
    for level in levels:
        in_force = [row for row in level if row.valid_from <= on and (row.valid_to is None or on <= row.valid_to)]
        if in_force:
            return max(in_force, key=lambda row: (row.valid_from, row.code))
    for level in levels:
        first = min(level, key=lambda row: (row.valid_from, row.code))
        if first.region_code not in {None, NATION} and on < first.valid_from:
            return first
    return None


def judge(policy: PolicyRow | None, facts: BatchFacts, sources: Sequence[Source] = ()) -> Verdict:
    """Return whether the batch of `facts` may leave under `policy`, with every missing item (R1).

    A batch that was processed from others (`facts.made_from`) is judged by them (`sources`), by its own code and by its
    own tests: papers and treatments were theirs. What has not come may not leave whatever its papers say.
    """
    absent = [_missing(ABSENT[facts.not_here], "arrival", {})] if facts.not_here else []
    stopped, untouched = suspensions.judge(facts)
    absent += stopped
    judged_for = {
        "region_code": facts.region_code,
        "arrived_on": facts.arrived_on.isoformat(),
        "category": facts.category,
        "imported": facts.imported,
    }
    if policy is None:
        words = _situation(facts)
        without = absent + ([_missing("policy_missing", "policy", words)] if facts.imported else [])
        remarks = [] if facts.imported else [_note("policy_missing", words)]
        return _judge_made(None, facts, sources, without, _origin_notes(facts) + untouched + remarks, judged_for)
    missing: list[Missing] = absent
    notes: list[Note] = _origin_notes(facts) + untouched
    basis: dict[str, Any] = _shown_origin(facts) | suspensions.shown(facts)
    if facts.made_from:
        return _judge_made(policy, facts, sources, missing, notes, judged_for)
    basis["evidence"] = _judge_evidence(policy, facts, missing)
    basis["disinfection"] = _judge_disinfection(policy, facts, missing, notes)
    basis["test"] = _judge_tests(policy, facts, missing, notes)
    basis["code"] = {"required": policy.code_required, "made": facts.code_made}
    if policy.code_required and not facts.code_made:
        missing.append(_missing("code_missing", "code", {}))
    basis["supplier"] = {"required": policy.supplier_required, "known": facts.supplier_known}
    if policy.supplier_required and not facts.supplier_known:
        missing.append(_missing("supplier_missing", "supplier", {}))
    if facts.existing_stock and policy.grace_until and (facts.recorded_on or facts.arrived_on) <= policy.grace_until:
        notes.append(_note("grace_period", {"day": policy.grace_until.isoformat()}))
    return Verdict(not missing, policy, tuple(missing), MappingProxyType(basis), tuple(notes), judged_for)


def _judge_made(
    policy: PolicyRow | None,
    facts: BatchFacts,
    sources: Sequence[Source],
    missing: list[Missing],
    notes: list[Note],
    judged_for: Mapping[str, Any],
) -> Verdict:
    """Return the verdict on a batch without papers of its own: each source's missing items, own code and own tests."""
    basis: dict[str, Any] = _shown_origin(facts) | suspensions.shown(facts)
    if policy is not None:
        treated = [record.piece for record in facts.disinfections if record.protocol_state != NOT_MET]
        basis |= {
            "evidence": [],
            "disinfection": _shown_cover("none", coverage.cover(treated, facts.piece_count, facts.gone)),
            "test": _own_tests(facts, missing),
            "code": {"required": policy.code_required, "made": facts.code_made},
            "supplier": {"required": False, "known": facts.supplier_known},
        }
        if policy.code_required and not facts.code_made:
            missing.append(_missing("code_missing", "code", {}))
    if facts.made_from:
        codes = [source.batch_code for source in sources]
        notes.append(_note("made_from", {"codes_zh": "、".join(codes), "codes_en": ", ".join(codes)}))
        basis["made_from"] = [
            {"batch_id": str(source.batch_id), "batch_code": source.batch_code, "clear": source.verdict.clear}
            for source in sources
        ]
    found = dict.fromkeys([*missing, *(item for source in sources for item in _lacking(source))])
    return Verdict(not found, policy, tuple(found), MappingProxyType(basis), tuple(notes), judged_for)


def _lacking(source: Source) -> Iterable[Missing]:
    """Yield what a source lacks, said so that a reader knows of which batch; what it has from its own sources as is."""
    for item in source.verdict.missing:
        if item.batch_id is not None:
            yield item
            continue
        said = {"code": source.batch_code}
        yield replace(
            item,
            message_zh=messages.OF_SOURCE.message_zh.format_map(said | {"said": item.message_zh}),
            message_en=messages.OF_SOURCE.message_en.format_map(said | {"said": item.message_en}),
            batch_id=source.batch_id,
            batch_code=source.batch_code,
        )


def _shown_origin(facts: BatchFacts) -> dict[str, Any]:
    split = facts.split_from
    if split is None:
        return {}
    pieces = {"piece_from": split.piece_from, "piece_to": split.piece_to}
    return {"split_from": {"batch_id": str(split.batch_id), "batch_code": split.batch_code} | pieces}


def _origin_notes(facts: BatchFacts) -> list[Note]:
    notes = []
    if facts.split_from is not None:
        words = {
            "code": facts.split_from.batch_code,
            "first": str(facts.split_from.piece_from),
            "last": str(facts.split_from.piece_to),
        }
        notes.append(_note("split_from", words))
    if facts.gone:
        notes.append(_note("split_off", _pieces(coverage.merge(facts.gone))))
    return notes


def _own_tests(facts: BatchFacts, missing: list[Missing]) -> dict[str, Any]:
    """Return the tests of a made batch itself: none is asked for, but one that is positive stops it (R8)."""
    tubes = _tubes_of_goods(facts)
    positive = [*tubes["positive"], *tubes["confirmed"]]
    if positive:
        missing.append(_positive(positive))
    pieces = [sample.piece for tube in tubes["negative"] for sample in tube.samples]
    return _shown_cover("none", coverage.cover(pieces, facts.piece_count, facts.gone)) | _shown_tubes(tubes)


def _tubes_of_goods(facts: BatchFacts) -> dict[str, list[TubeFact]]:
    """Return the tubes by state with their samples of the goods; those of surroundings and people are left out."""
    tubes: dict[str, list[TubeFact]] = {state: [] for state in TUBE_STATES}
    for tube in facts.tubes:
        goods = tuple(sample for sample in tube.samples if sample.sample_site in GOODS_SITES)
        if goods:
            tubes[tube.state].append(replace(tube, samples=goods))
    return tubes


def _positive(listed: Sequence[TubeFact], uncovered: tuple[Range, ...] = ()) -> Missing:
    """Return the item of tubes that are positive, in the words of what has come of them (R8).

    One that is confirmed says it; else one that awaits its re-check; else they await the confirmation.
    """
    confirmed = [tube for tube in listed if tube.state == "confirmed"]
    awaited = [tube for tube in listed if not tube.rechecked]
    message = "test_confirmed" if confirmed else "test_positive" if awaited else "test_rechecked"
    words = {"tubes": ", ".join(dict.fromkeys(tube.tube_no for tube in confirmed or awaited or listed))}
    numbers = tuple(dict.fromkeys(tube.tube_no for tube in listed))
    return _missing("test_positive", "test", words, message=message, uncovered=uncovered, tube_nos=numbers)


def _shown_tubes(tubes: Mapping[str, list[TubeFact]]) -> dict[str, Any]:
    return {"tubes": {state: [tube.tube_no for tube in listed] for state, listed in tubes.items() if listed}}


def _situation(facts: BatchFacts) -> dict[str, str]:
    category_zh, category_en = messages.CATEGORIES.get(facts.category, (facts.category, facts.category))
    origin_zh, origin_en = messages.ORIGINS[facts.imported]
    return {
        "region": facts.region_code,
        "day": facts.arrived_on.isoformat(),
        "origin_zh": origin_zh,
        "origin_en": origin_en,
        "category_zh": category_zh,
        "category_en": category_en,
    }


def _judge_evidence(policy: PolicyRow, facts: BatchFacts, missing: list[Missing]) -> list[dict[str, Any]]:
    """Return what meets each group of alternatives; groups that nothing meets go to `missing`."""
    found = []
    for kinds in policy.evidence:
        entered = [paper for paper in facts.evidence if paper.kind in kinds]
        papers = [paper for paper in entered if paper.refused is None]
        valid = [paper for paper in papers if paper.valid_to is None or paper.valid_to >= facts.arrived_on]
        counting = [paper for paper in valid if paper.verified or not policy.requires_verified]
        if counting:
            best = max(counting, key=lambda paper: paper.verified)
            state = "verified" if best.verified else "entered"
        else:
            best, state = None, "missing"
            code = "evidence_unverified" if valid else "evidence_expired" if papers else "evidence_missing"
            names = [vocabulary.evidence_kinds()[kind] for kind in kinds]
            words = {
                "kinds_zh": "或".join(word.name_zh for word in names),
                "kinds_en": " or ".join(word.name_en for word in names),
            }
            if code == "evidence_missing" and entered:
                code = "evidence_refused"
                words |= {"number": entered[-1].number, "reason": entered[-1].refused or ""}
            missing.append(_missing(code, kinds[0], words, kinds=tuple(kinds)))
        found.append(
            {
                "kinds": list(kinds),
                "kind": best.kind if best else kinds[0],
                "state": state,
                "number": best.number if best else None,
            }
        )
    return found


def _shown_cover(required: str, found: Cover) -> dict[str, Any]:
    state = "not_required" if required == "none" else "met" if found.complete else "not_covered"
    return {
        "required": required,
        "state": state,
        "bases": list(found.bases),
        "covered": [list(pair) for pair in found.covered],
        "uncovered": [list(pair) for pair in found.uncovered],
    }


def _pieces(ranges: Sequence[Range]) -> dict[str, str]:
    return {"pieces_zh": messages.ranges_zh(ranges), "pieces_en": messages.ranges_en(ranges)}


def _judge_disinfection(
    policy: PolicyRow, facts: BatchFacts, missing: list[Missing], notes: list[Note]
) -> dict[str, Any]:
    """Return what the disinfection records cover (R5); those that meet no protocol don't count (R7)."""
    counting = [record for record in facts.disinfections if record.protocol_state != NOT_MET]
    failed = [record for record in facts.disinfections if record.protocol_state == NOT_MET]
    found = coverage.cover((record.piece for record in counting), facts.piece_count, facts.gone)
    agents = vocabulary.agents()
    unruled = _agent_words(record.agent for record in counting if record.protocol_state == NO_PROTOCOL)
    if unruled:
        notes.append(_note("no_protocol", unruled))
    freezing = _agent_words(
        record.agent
        for record in facts.disinfections
        if record.ambient_temperature_c < 0 and record.agent in agents and agents[record.agent].freezes_below_zero
    )
    if freezing:
        notes.append(_note("agent_freezes", freezing))
    if policy.disinfection != "none" and not found.complete:
        in_question = [record for record in failed if coverage.touches(record.piece, found.uncovered)]
        words = _pieces(found.uncovered)
        if in_question:
            code, words = "protocol_not_met", words | _treatment_words(in_question)
        else:
            code = "disinfection_not_covered" if found.covered or facts.gone else "disinfection_missing"
        missing.append(_missing(code, "disinfection_record", words, uncovered=found.uncovered))
    return _shown_cover(policy.disinfection, found)


def _agent_words(codes: Iterable[str]) -> dict[str, str]:
    agents = vocabulary.agents()
    names = [agents[code] for code in dict.fromkeys(codes) if code in agents]
    if not names:
        return {}
    return {
        "agents_zh": "、".join(word.name_zh for word in names),
        "agents_en": ", ".join(word.name_en for word in names),
    }


def _treatment_words(records: Iterable[DisinfectionFact]) -> dict[str, str]:
    agents = vocabulary.agents()
    zh, en = [], []
    for record in records:
        word = agents.get(record.agent)
        name_zh, name_en = (word.name_zh, word.name_en) if word else (record.agent, record.agent)
        degrees = f"{record.ambient_temperature_c.normalize():f}".replace("-", "−")
        strength = f"{record.concentration_mg_per_l} mg/L"
        zh.append(f"{name_zh} {strength}，{record.contact_min} 分钟，{degrees} ℃")
        en.append(f"{name_en} {strength}, {record.contact_min} min, {degrees} °C")
    return {"treatments_zh": "；".join(dict.fromkeys(zh)), "treatments_en": "; ".join(dict.fromkeys(en))}


def _judge_tests(policy: PolicyRow, facts: BatchFacts, missing: list[Missing], notes: list[Note]) -> dict[str, Any]:
    """Return what the negative tubes cover (R5): any sample for 批批, every piece for 件件."""
    tubes = _tubes_of_goods(facts)
    if policy.testing != "none" and any(
        sample.sample_site not in GOODS_SITES for tube in facts.tubes for sample in tube.samples
    ):
        notes.append(_note("sample_not_of_goods", {}))
    pieces = [sample.piece for tube in tubes["negative"] for sample in tube.samples]
    found = coverage.cover(pieces, facts.piece_count, facts.gone)
    if policy.testing == "per_batch" and pieces:  # of any piece, one that is another batch's by now too
        found = Cover(coverage.remaining(facts.piece_count, facts.gone), (), found.bases)
    if policy.testing != "none" and not found.complete:
        missing.append(_missing_test(policy, facts, tubes, found))
    return _shown_cover(policy.testing, found) | _shown_tubes(tubes)


def _missing_test(policy: PolicyRow, facts: BatchFacts, tubes: Mapping[str, list[TubeFact]], found: Cover) -> Missing:
    """Return the one item that says best why the test is not met: what blocks first comes first."""

    def touching(*states: str) -> list[TubeFact]:
        return [
            tube
            for state in states
            for tube in tubes[state]
            if policy.testing == "per_batch"
            or any(coverage.touches(sample.piece, found.uncovered) for sample in tube.samples)
        ]

    positive, pending, invalid = touching("positive", "confirmed"), touching("pending"), touching("invalid")
    awaited = [sample.piece for tube in pending for sample in tube.samples]
    covered = [Piece("declared_range", *pair) for pair in found.covered]
    with_pending = coverage.cover([*awaited, *covered], facts.piece_count, facts.gone)
    enough_sampled = with_pending.complete or (bool(pending) and policy.testing == "per_batch")
    if positive:
        return _positive(positive, found.uncovered)
    if enough_sampled:
        code, named = "test_pending", pending
    elif found.covered or pending:
        code, named = "test_not_covered", pending
    elif invalid:
        code, named = "test_invalid", invalid
    else:
        code, named = "test_missing", []
    numbers = tuple(dict.fromkeys(tube.tube_no for tube in named))
    scope_zh, scope_en = messages.SCOPES[policy.testing]
    words = _pieces(found.uncovered) | {"scope_zh": scope_zh, "scope_en": scope_en, "tubes": ", ".join(numbers)}
    return _missing(code, "test", words, uncovered=found.uncovered, tube_nos=numbers)
