"""The rows of the backwards checks as one statement, a branch for each kind; whoever asks narrows it from outside.

Given: `mine` (a business, or null), `source_papers`, `match_days`, `unanswered_since`, `today`. A branch that nobody
wants is not run: conditions on its constants and on whose and where its rows are go into it.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, DateTime, Text, Uuid, text

# A paper that shows the source: of the delivery, of the batch, or of what it was split off from.
_SOURCED: Final = """EXISTS (
    SELECT 1 FROM evidence
    WHERE evidence.kind = ANY(CAST(:source_papers AS text[])) AND {since}
      AND (evidence.arrival_id = batch.arrival_id OR evidence.batch_id = batch.batch_id OR evidence.batch_id IN (
        WITH RECURSIVE whole (batch_id) AS (
            SELECT parent_id FROM batch_origin WHERE child_id = batch.batch_id AND kind = 'split'
            UNION
            SELECT parent_id FROM batch_origin JOIN whole ON child_id = whole.batch_id WHERE kind = 'split')
        SELECT batch_id FROM whole)))"""
_MINE: Final = "(CAST(:mine AS uuid) IS NULL OR {owner} = CAST(:mine AS uuid))"
# Whose a record is: entries stay under the identity that they were made under, also when it was merged into another.
_WHOSE: Final = "coalesce(entered_by.merged_into_id, entered_by.business_id)"
# What came in without a source, by batch and owner: existing stock without a supplier; what counts found or missed.
_GROUND: Final = f"""
    unsourced AS (
        SELECT batch.batch_id, batch.product_id, arrival.arrival_id, {_WHOSE} AS owner_id,
               arrival.occurred_at AS since, -sum(posting.quantity_units) AS units
        FROM arrival
        JOIN business AS entered_by ON entered_by.business_id = arrival.owner_id
        JOIN batch ON batch.arrival_id = arrival.arrival_id
        LEFT JOIN posting ON posting.batch_id = batch.batch_id AND posting.account = 'opening'
             AND posting.owner_id = arrival.owner_id
        WHERE arrival.entry_mode = 'existing_stock' AND arrival.supplier_id IS NULL AND arrival.supplier_name IS NULL
          AND {_MINE.format(owner=_WHOSE)} AND NOT {_SOURCED.format(since="true")}
        GROUP BY batch.batch_id, arrival.arrival_id, entered_by.business_id
    ), counted AS (
        SELECT posting.batch_id, {_WHOSE} AS owner_id,
               coalesce(-sum(posting.quantity_units) FILTER (WHERE posting.account = 'found'), 0) AS found_units,
               coalesce(sum(posting.quantity_units) FILTER (WHERE posting.account = 'missing'), 0) AS missing_units,
               max(movement.recorded_at) FILTER (WHERE posting.account = 'found') AS found_known_at,
               min(movement.occurred_at) FILTER (WHERE posting.account = 'found') AS found_at,
               min(movement.occurred_at) FILTER (WHERE posting.account = 'missing') AS missing_at,
               (array_agg(coalesce(lay.zone_id, consignment.from_zone_id) ORDER BY posting.posting_id DESC))[1]
                   AS zone_id
        FROM posting
        JOIN business AS entered_by ON entered_by.business_id = posting.owner_id
        JOIN movement ON movement.movement_id = posting.movement_id
        LEFT JOIN posting AS lay ON lay.movement_id = posting.movement_id AND lay.account = 'zone'
        LEFT JOIN consignment ON consignment.consignment_id = movement.consignment_id
        WHERE posting.account IN ('found', 'missing') AND {_MINE.format(owner=_WHOSE)}
          AND (posting.account = 'missing' OR movement.consignment_id IS NULL)
        GROUP BY posting.batch_id, {_WHOSE}
    ), surplus AS (
        SELECT counted.*, batch.product_id, found_units - missing_units - lost.units AS units
        FROM counted
        JOIN batch ON batch.batch_id = counted.batch_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(posting.quantity_units), 0) AS units
            FROM posting JOIN movement ON movement.movement_id = posting.movement_id AND movement.kind = 'stocktake'
            WHERE posting.batch_id = counted.batch_id AND posting.account = 'lost'
              AND posting.owner_id IN (SELECT business_id FROM business
                                       WHERE counted.owner_id IN (business_id, merged_into_id))
        ) AS lost
        WHERE found_units > missing_units + lost.units
          AND NOT {_SOURCED.format(since="evidence.recorded_at >= counted.found_known_at")}
    )"""  # noqa: S608 (constants of this module)
_EXISTING: Final = """
    SELECT 0, 'stock_without_source', 'add_receipt', holding.holding_id, holding.owner_id, NULL::uuid, NULL::uuid,
           site.region_code, NULL::text, site.site_id, zone.zone_id, unsourced.arrival_id, holding.batch_id,
           unsourced.product_id, NULL::uuid, holding.quantity_units, NULL::bigint, unsourced.since
    FROM unsourced
    JOIN holding ON holding.batch_id = unsourced.batch_id AND holding.owner_id = unsourced.owner_id
         AND holding.account <> 'transit' AND holding.quantity_units > 0
    JOIN zone ON zone.zone_id = holding.zone_id
    JOIN site ON site.site_id = zone.site_id"""
_FOUND: Final = """
    SELECT 0, 'stock_without_source', 'add_receipt', md5(surplus.owner_id::text || surplus.batch_id)::uuid,
           surplus.owner_id, NULL, NULL, site.region_code, NULL, site.site_id, zone.zone_id, NULL, surplus.batch_id,
           surplus.product_id, NULL, least(surplus.units, there.units), NULL, surplus.found_at
    FROM surplus
    JOIN zone ON zone.zone_id = surplus.zone_id
    JOIN site ON site.site_id = zone.site_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(quantity_units), 0) AS units FROM holding
        WHERE holding.batch_id = surplus.batch_id AND holding.owner_id = surplus.owner_id AND account <> 'transit'
    ) AS there
    WHERE there.units > 0
      AND NOT EXISTS (SELECT 1 FROM unsourced
                      WHERE unsourced.batch_id = surplus.batch_id AND unsourced.owner_id = surplus.owner_id)"""
_HANDED_OVER: Final = """
    SELECT 0, 'stock_without_source', 'settle', md5(consignment.consignment_id::text || posting.batch_id)::uuid,
           posting.owner_id, consignment.owner_id, NULL, site.region_code, NULL, site.site_id, zone.zone_id, NULL,
           posting.batch_id, batch.product_id, consignment.consignment_id, -sum(posting.quantity_units), NULL,
           min(movement.occurred_at)
    FROM consignment
    JOIN movement ON movement.consignment_id = consignment.consignment_id
    JOIN posting ON posting.movement_id = movement.movement_id AND posting.account = 'found'
    JOIN posting AS lay ON lay.movement_id = posting.movement_id AND lay.account = 'zone'
    JOIN batch ON batch.batch_id = posting.batch_id
    JOIN zone ON zone.zone_id = lay.zone_id
    JOIN site ON site.site_id = zone.site_id
    WHERE consignment.state = 'disputed'
    GROUP BY consignment.consignment_id, posting.owner_id, posting.batch_id, batch.product_id, zone.zone_id,
             site.site_id
    HAVING sum(posting.quantity_units) < 0"""
_PURCHASE: Final = f"""
    SELECT 1, 'purchase_without_consignment', 'enter_consignment', batch.batch_id, {_WHOSE},
           coalesce(supplier.merged_into_id, supplier.business_id),
           NULL, site.region_code, NULL, site.site_id, batch.zone_id, arrival.arrival_id,
           batch.batch_id, batch.product_id, NULL, batch.quantity_units, NULL, arrival.arrived_at
    FROM arrival
    JOIN batch ON batch.arrival_id = arrival.arrival_id
    JOIN site ON site.site_id = arrival.site_id
    JOIN business AS entered_by ON entered_by.business_id = arrival.owner_id
    JOIN business AS supplier ON supplier.business_id = arrival.supplier_id
    WHERE {_WHOSE} <> coalesce(supplier.merged_into_id, supplier.business_id)
      AND arrival.entry_mode <> 'existing_stock' AND arrival.arrived_at IS NOT NULL
      AND batch.status <> 'withdrawn'
      AND NOT EXISTS (SELECT 1 FROM batch_origin WHERE batch_origin.child_id = batch.batch_id)
      AND NOT EXISTS (
        SELECT 1 FROM consignment
        JOIN consignment_line AS line ON line.consignment_id = consignment.consignment_id
        JOIN batch AS sent ON sent.batch_id = line.batch_id
        WHERE consignment.owner_id = coalesce(supplier.merged_into_id, supplier.business_id)
          AND consignment.to_business_id = {_WHOSE}
          AND consignment.purpose = 'delivery' AND consignment.state <> 'rejected'
          AND consignment.occurred_at BETWEEN arrival.arrived_at - CAST(:match_days AS interval)
                                          AND arrival.arrived_at + CAST(:match_days AS interval)
          AND sent.product_id = batch.product_id)"""  # noqa: S608 (constants of this module)
_SALES: Final = """
    SELECT 2, 'sales_above_purchases', 'add_receipt', md5(covered.owner_id::text || covered.product_id)::uuid,
           covered.owner_id, NULL, NULL, business.region_code, NULL, NULL, NULL, NULL, covered.batch_id,
           covered.product_id, NULL, covered.units - there.units, NULL, covered.since
    FROM (
        SELECT owner_id, product_id, sum(units) AS units, min(since) AS since,
               (array_agg(batch_id ORDER BY units DESC, batch_id))[1] AS batch_id
        FROM (SELECT owner_id, product_id, batch_id, units, since FROM unsourced WHERE units > 0
              UNION ALL SELECT owner_id, product_id, batch_id, units, found_at FROM surplus) AS lacking
        GROUP BY owner_id, product_id
    ) AS covered
    JOIN business ON business.business_id = covered.owner_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(holding.quantity_units), 0) AS units
        FROM holding JOIN batch ON batch.batch_id = holding.batch_id
        WHERE holding.owner_id = covered.owner_id AND batch.product_id = covered.product_id
    ) AS there
    WHERE covered.units > there.units"""
_UNANSWERED: Final = """
    SELECT 3, 'unanswered_consignment', 'answer', consignment.consignment_id, consignment.owner_id,
           consignment.to_business_id, consignment.to_business_id, site.region_code,
           coalesce(bound.region_code, receiver.region_code), coalesce(bound.site_id, site.site_id), NULL, NULL,
           CASE WHEN count(*) = 1 THEN (array_agg(holding.batch_id))[1] END,
           CASE WHEN count(DISTINCT batch.product_id) = 1 THEN (array_agg(batch.product_id))[1] END,
           consignment.consignment_id, CASE WHEN count(*) = 1 THEN sum(holding.quantity_units) END,
           sum(holding.quantity_units * product.unit_mass_g), consignment.occurred_at
    FROM consignment
    JOIN holding ON holding.consignment_id = consignment.consignment_id AND holding.quantity_units > 0
    JOIN batch ON batch.batch_id = holding.batch_id
    JOIN product ON product.product_id = batch.product_id
    JOIN site ON site.site_id = consignment.from_site_id
    LEFT JOIN site AS bound ON bound.site_id = consignment.to_site_id
    LEFT JOIN business AS receiver ON receiver.business_id = consignment.to_business_id
    WHERE consignment.state IN ('in_transit', 'signed') AND consignment.recorded_at <= :unanswered_since
    GROUP BY consignment.consignment_id, site.site_id, bound.site_id, receiver.business_id"""
_EXPIRED: Final = """
    SELECT 4, 'expired_at_counter', 'take_off', holding.holding_id, holding.owner_id, NULL, site.business_id,
           site.region_code, NULL, site.site_id, zone.zone_id, NULL, holding.batch_id, batch.product_id, NULL,
           holding.quantity_units, NULL, (batch.expiry_date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
    FROM zone
    JOIN site ON site.site_id = zone.site_id
    JOIN holding ON holding.zone_id = zone.zone_id AND holding.quantity_units > 0
    JOIN batch ON batch.batch_id = holding.batch_id
    WHERE zone.kind = 'sale_counter' AND batch.expiry_date < CAST(:today AS date)"""
_VARIANCE: Final = """
    SELECT 5, 'count_variance', 'recover', md5(counted.owner_id::text || counted.batch_id)::uuid, counted.owner_id,
           NULL, NULL, site.region_code, NULL, site.site_id, zone.zone_id, NULL, counted.batch_id, batch.product_id,
           NULL, counted.missing_units - greatest(counted.found_units, 0), NULL, counted.missing_at
    FROM counted
    JOIN batch ON batch.batch_id = counted.batch_id
    JOIN zone ON zone.zone_id = counted.zone_id
    JOIN site ON site.site_id = zone.site_id
    WHERE counted.missing_units > greatest(counted.found_units, 0)"""
COLUMNS: Final[dict[str, Any]] = {
    "kind_no": BigInteger(), "kind": Text(), "act": Text(), "row_id": Uuid(), "business_id": Uuid(),
    "counterpart_id": Uuid(), "also_id": Uuid(), "region_code": Text(), "other_region_code": Text(),
    "site_id": Uuid(), "zone_id": Uuid(), "arrival_id": Uuid(), "batch_id": Uuid(), "product_id": Uuid(),
    "consignment_id": Uuid(), "quantity_units": BigInteger(), "mass_g": BigInteger(),
    "since": DateTime(timezone=True),
}  # fmt: skip
_BRANCHES: Final = (_EXISTING, _FOUND, _HANDED_OVER, _PURCHASE, _SALES, _UNANSWERED, _EXPIRED, _VARIANCE)
ROWS: Final = text(
    f"WITH {_GROUND}, asked ({', '.join(COLUMNS)}) AS ({' UNION ALL '.join(_BRANCHES)}) SELECT * FROM asked"  # noqa: S608
)
