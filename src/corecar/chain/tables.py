"""The tables of the chain, a row per column: name, kind, meaning, unit, bounds, an example.

Weeks are ISO weeks; quantities are pieces unless a column `unit` says otherwise, and wafers become pieces through the
gross die per wafer of their product.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from corecar.chain.columns import Column, Table
from corecar.chain.machine_tables import MACHINE_TABLES
from corecar.chain.words import (
    ALL_STAGES,
    CAPACITY_UNITS,
    CAUSES,
    CURRENCIES,
    DEMAND_CATEGORIES,
    DIRECTIONS,
    DISRUPTION_STATES,
    EFFECTS,
    GRADES,
    LEVERS,
    LOT_STATES,
    PARTY_KINDS,
    PIECE,
    PPAP,
    PRODUCT_KINDS,
    QUANTITY_UNITS,
    SUBJECTS,
)

_text = partial(Column, kind="text")
_list = partial(Column, kind="list")
_name = partial(Column, kind="name")
_number = partial(Column, kind="number")
_whole = partial(Column, kind="whole")
_week = partial(Column, kind="week")
_date = partial(Column, kind="date")
_flag = partial(Column, kind="flag")

_currency = _name("currency", meaning="of the amount before it", choices=CURRENCIES, example="CNY")
_categories = ", ".join(f"{code} {meaning}" for code, meaning in DEMAND_CATEGORIES.items())
_category = _name(
    "category", meaning=f"demand category: {_categories}", key=True, choices=tuple(DEMAND_CATEGORIES), default="0001",
    example="0001",
)  # fmt: skip

PARTIES = Table("parties", "A company, institute or office.", (
    _name("party", meaning="short name that the other sheets use", key=True, required=True, example="DEMO-OSAT"),
    _text("name", meaning="full name", required=True, example="Demo Packaging and Test (fictional)"),
    _name("kind", meaning="what it does", required=True, choices=PARTY_KINDS, example="packaging-and-test"),
    _text("bpnl", meaning="business partner number of the legal entity", example="BPNL0000DEMO028U"),
    _name("country", meaning="ISO 3166 code of two letters", example="CN"),
    _text("contact", meaning="whom to write to", example="planning@demo-osat.example"),
    _text("note", meaning="anything else", example=""),
))  # fmt: skip

SITES = Table("sites", "A place where a party works.", (
    _name("site", meaning="short name that the other sheets use", key=True, required=True, example="DEMO-OSAT-1"),
    _name("party", meaning="whose site it is", required=True, refers="parties", example="DEMO-OSAT"),
    _text("name", meaning="full name", example="Demo plant 1"),
    _text("bpns", meaning="business partner number of the site", example="BPNS0000DEMO028U"),
    _text("bpna", meaning="business partner number of its address", example="BPNA0000DEMO028U"),
    _name("place", meaning="town", required=True, example="Demo Town"),
    _name("region", meaning="region that fails together, such as a province", example="Demo Province"),
    _name("country", meaning="ISO 3166 code of two letters", example="CN"),
    _number("latitude", meaning="north of the equator", unit="degree", least=-90, most=90, example="31.5"),
    _number("longitude", meaning="east of Greenwich", unit="degree", least=-180, most=180, example="117.2"),
    _name("time_zone", meaning="IANA name; says in which week a moment falls", default="UTC", example="Asia/Shanghai"),
    _list("certificates", meaning="of the site", example="IATF 16949; ISO 26262"),
))  # fmt: skip

PRODUCTS = Table("products", "A chip, a module or a vehicle program.", (
    _name("product", meaning="short name that the other sheets use", key=True, required=True, example="DEMO-MCU"),
    _name("kind", meaning="what it is", required=True, choices=PRODUCT_KINDS, example="chip"),
    _name("party", meaning="who makes and sells it", refers="parties", example="DEMO-OSAT"),
    _text("name", meaning="full name", example="Demo body controller"),
    _text("number", meaning="part number of its maker", example="DM-32K4"),
    _text("customer_number", meaning="part number of the customer", example="4711-01"),
    _text("global_asset_id", meaning="Catena-X identity, urn:uuid:...", example=""),
    _name("class", meaning="class of the catalogue, such as control", example="control"),
    _name("subclass", meaning="subclass of the catalogue", example="32-bit microcontroller"),
    _number("gross_die_per_wafer", meaning="dies on a wafer, good and bad", unit="piece/wafer", least=1,
            example="1200"),
    _number("value", meaning="of one piece; of a vehicle program, of one vehicle", unit="currency", least=0,
            example="12.5"),
    _currency,
    _whole("priority", meaning="class of a vehicle program under shortage, 1 is served first", least=1, most=9,
           example=""),
    _whole("grade", meaning=f"AEC-Q100 grade that it has: {GRADES}", least=0, most=3, example="1"),
    _name("package_family", meaning="such as QFN or BGA", example="LQFP"),
    _whole("pins", meaning="of the package", least=1, example="100"),
    _number("node_nm", meaning="technology node", unit="nm", above=0, example="40"),
    _week("from_week", meaning="first week in which it is made", example=""),
    _week("until_week", meaning="last week in which it is made", example=""),
))  # fmt: skip

BILLS = Table("bills", "What one piece of a product is made of; rows of one position are alternates.", (
    _name("parent", meaning="the product that is made", key=True, required=True, refers="products", example="DEMO-ECU"),
    _name("position", meaning="place in the bill; one of its rows is taken", key=True, required=True, example="10"),
    _name("child", meaning="the product that goes in", key=True, required=True, refers="products", example="DEMO-MCU"),
    _number("quantity", meaning="of the child in one parent", unit="piece", above=0, required=True, example="2"),
    _whole("preference", meaning="among alternates, 1 is taken first", least=1, default="1", example="1"),
    _number("most_share", meaning="largest part of the position that this child may fill", above=0, most=1, default="1",
            example="1"),
    _week("from_week", meaning="first week in which it may be taken", example=""),
    _week("until_week", meaning="last week in which it may be taken", example=""),
))  # fmt: skip

GROUPS = Table("groups", "A capacity group: machines of a site that routes share.", (
    _name("group", meaning="short name that the other sheets use", key=True, required=True, example="DEMO-OSAT-1-TEST"),
    _name("site", meaning="where it stands", required=True, refers="sites", example="DEMO-OSAT-1"),
    _text("name", meaning="full name", example="Final test, platform A"),
    _name("unit", meaning="what its capacity is counted in", required=True, choices=CAPACITY_UNITS, example="hour"),
    _name("part_of", meaning="the group that this one is nested in", refers="groups", example=""),
))  # fmt: skip

ROUTES = Table("routes", "A qualified way of a product through one stage at one site.", (
    _name("route", meaning="short name that the other sheets use", key=True, required=True, example="DEMO-MCU-TEST-1"),
    _name("product", meaning="what passes", required=True, refers="products", example="DEMO-MCU"),
    _name("stage", meaning="the step", required=True, choices=ALL_STAGES, example="test"),
    _name("site", meaning="where", required=True, refers="sites", example="DEMO-OSAT-1"),
    _name("group", meaning="capacity group that it loads; without one it is unlimited", refers="groups",
          example="DEMO-OSAT-1-TEST"),
    _number("use", meaning="capacity that one piece (or wafer, by `per`) takes; empty: one piece, or one wafer a wafer",
            unit="unit of the group", least=0, example="0.0021"),
    _name("per", meaning="what `use` is of: a piece or a wafer that is started", choices=QUANTITY_UNITS,
          example="piece"),
    _whole("lead_weeks", meaning="from start to end", unit="week", least=0, required=True, example="1"),
    _number("yield", meaning="good pieces out of one that goes in", above=0, most=1, default="1", example="0.97"),
    _number("cost", meaning="of one piece that is started", unit="currency", least=0, default="0", example="0.4"),
    _currency,
    _number("least_lot", meaning="smallest start", unit="piece", least=0, default="0", example="0"),
    _number("most_per_week", meaning="largest start of a week", unit="piece", least=0, example=""),
    _whole("preference", meaning="among routes of the same stage, 1 is taken first", least=1, default="1", example="1"),
    _whole("grade", meaning="best AEC-Q100 grade that it is qualified for", least=0, most=3, example="1"),
    _name("package_family", meaning="that it is qualified for", example="LQFP"),
    _number("node_nm", meaning="technology node", unit="nm", above=0, example=""),
    _name("tester_platform", meaning="that it runs on", example="platform A"),
    _number("temperature_least_c", meaning="lowest temperature at which it is tested; empty: any cell reaches it",
            unit="C", least=-273, example="-40"),
    _number("temperature_most_c", meaning="highest temperature at which it is tested; empty: any cell reaches it",
            unit="C", least=-273, example="125"),
    _list("certificates", meaning="of the route, beside those of the site", example="IATF 16949"),
    _name("ppap", meaning="status of the production part approval", choices=PPAP, default="none", example="approved"),
    _date("valid_from", meaning="first day of the qualification", example="2026-01-01"),
    _date("valid_until", meaning="last day of the qualification", example="2029-12-31"),
    _flag("assumed", meaning="yield, use and lead time are assumed, not measured", default="yes", example="yes"),
))  # fmt: skip

ROUTE_WEEKS = Table("route_weeks", "Yield or cost of a route in one week, where it differs from that of the route.", (
    _name("route", meaning="of which", key=True, required=True, refers="routes", example="DEMO-MCU-TEST-1"),
    _week("week", meaning="in which a piece is started", key=True, required=True, example="2027-W05"),
    _number("yield", meaning="good pieces out of one that goes in", above=0, most=1, example="0.975"),
    _number("cost", meaning="of one piece that is started, in the route's currency", unit="currency", least=0,
            example="0.38"),
))  # fmt: skip

CAPACITY = Table("capacity", "What a capacity group can do in one week: all of it, or its customers' parts.", (
    _name("group", meaning="of which", key=True, required=True, refers="groups", example="DEMO-OSAT-1-TEST"),
    _name("customer", meaning="for whom; empty: all together", key=True, refers="parties", example=""),
    _week("week", meaning="ISO week", key=True, required=True, example="2027-W05"),
    _number("actual", meaning="planned to be there", unit="unit of the group", least=0, required=True, example="120"),
    _number("maximum", meaning="reachable at short notice; empty: as actual", unit="unit of the group", least=0,
            example="150"),
    _number("agreed", meaning="agreed with the customer", unit="unit of the group", least=0, example="100"),
    _number("delta", meaning="production result against the plan of that week", unit="unit of the group", example=""),
))  # fmt: skip

LINKS = Table("links", "Which demand is held against which capacity group (CX-0128).", (
    _name("group", meaning="the capacity group", key=True, required=True, refers="groups", example="DEMO-OSAT-1-TEST"),
    _name("product", meaning="whose demand", key=True, required=True, refers="products", example="DEMO-MCU"),
    _name("customer_site", meaning="demanded where; empty: everywhere", key=True, refers="sites", example=""),
    _category,
    _number("load_factor", meaning="capacity that one demanded piece takes", unit="unit of the group", least=0,
            default="1", example="0.0021"),
))  # fmt: skip

ALERTS = Table("alerts", "From which change of demand on a capacity group calls for attention, by sub-horizon.", (
    _name("group", meaning="the capacity group", key=True, required=True, refers="groups", example="DEMO-OSAT-1-TEST"),
    _whole("sequence", meaning="number of the sub-horizon, 1 begins now", key=True, required=True, least=1, most=999,
           example="1"),
    _whole("weeks", meaning="length of the sub-horizon", unit="week", least=1, most=999, required=True, example="4"),
    _number("relative_up", meaning="rise, as a part of the earlier demand", least=0, example="0.2"),
    _number("relative_down", meaning="fall, as a part of the earlier demand", least=0, most=1, example="0.3"),
    _number("absolute_up", meaning="rise", unit="unit of the group", least=0, example=""),
    _number("absolute_down", meaning="fall", unit="unit of the group", least=0, example=""),
))  # fmt: skip

DEMAND = Table("demand", "What is wanted of a product in one week.", (
    _name("product", meaning="what: a vehicle program, or parts that are sold as such", key=True, required=True,
          refers="products", example="DEMO-CAR"),
    _name("customer", meaning="who wants it", key=True, refers="parties", example="DEMO-CARS"),
    _name("customer_site", meaning="where", key=True, refers="sites", example=""),
    _name("supplier", meaning="from whom; the same demand at several suppliers is asked about", key=True,
          refers="parties", example=""),
    _category,
    _week("week", meaning="ISO week", key=True, required=True, example="2027-W05"),
    _number("quantity", meaning="requested", unit="piece", least=0, required=True, example="1500"),
    _number("committed", meaning="promised by the supplier", unit="piece", least=0, example=""),
    _number("delivered", meaning="come so far", unit="piece", least=0, example=""),
    _number("called_off", meaning="of it called off for good: every plan keeps it if it can",
            unit="piece", least=0, example=""),
))  # fmt: skip

SHORT_TERM = Table("short_term", "What is wanted of a product on one day (CX-0145).", (
    _name("product", meaning="what", key=True, required=True, refers="products", example="DEMO-MCU"),
    _name("customer_site", meaning="where", key=True, refers="sites", example=""),
    _name("supplier_site", meaning="from where", key=True, refers="sites", example=""),
    _category,
    _date("day", meaning="when", key=True, required=True, example="2027-02-01"),
    _number("quantity", meaning="wanted", unit="piece", least=0, required=True, example="300"),
))  # fmt: skip

STOCK = Table("stock", "What lies at a site.", (
    _name("product", meaning="what", key=True, required=True, refers="products", example="DEMO-MCU"),
    _name("stage", meaning="the stage that it has passed; empty: all of them", key=True, choices=ALL_STAGES,
          example=""),
    _name("site", meaning="where", key=True, required=True, refers="sites", example="DEMO-OSAT-1"),
    _name("direction", meaning="of a supplier or a customer's stores", key=True, choices=DIRECTIONS, example=""),
    _name("order", meaning="order and position that it is set aside for", key=True, example=""),
    _flag("blocked", meaning="may not be used", key=True, default="no", example="no"),
    _number("quantity", meaning="that lies there", unit="unit", least=0, required=True, example="24000"),
    _name("unit", meaning="of the quantity", choices=QUANTITY_UNITS, default=PIECE, example="piece"),
    _date("day", meaning="counted when", example="2027-01-29"),
))  # fmt: skip

WIP = Table("wip", "A lot in process or in transit: with the stock, where every plan begins.", (
    _name("lot", meaning="its name; a split lot has one for each part", key=True, required=True, example="L2701"),
    _name("product", meaning="what", required=True, refers="products", example="DEMO-MCU"),
    _number("quantity", meaning="in the lot", unit="unit", above=0, required=True, example="9600"),
    _name("unit", meaning="of the quantity", choices=QUANTITY_UNITS, default=PIECE, example="piece"),
    _name("route", meaning="on which it is", refers="routes", example="DEMO-MCU-TEST-1"),
    _name("stage", meaning="in which it is; empty and in transit: finished", choices=ALL_STAGES, example="test"),
    _name("site", meaning="where it is, or is going", refers="sites", example="DEMO-OSAT-1"),
    _name("origin", meaning="in transit: the site from which it set out", refers="sites", example=""),
    _week("week", meaning="in which the stage or the way ends", required=True, example="2027-W05"),
    _name("state", meaning="a held lot is no supply until it is released", required=True, choices=LOT_STATES,
          example="in-process"),
))  # fmt: skip

PRICES = Table("prices", "What a product, or one stage of it, costs a buyer.", (
    _name("product", meaning="what", key=True, required=True, refers="products", example="DEMO-MCU"),
    _name("seller", meaning="who sells", key=True, required=True, refers="parties", example="DEMO-OSAT"),
    _name("buyer", meaning="who buys; empty: anybody", key=True, refers="parties", example=""),
    _name("stage", meaning="a service at this stage; empty: the product itself", key=True, choices=ALL_STAGES,
          example="test"),
    _number("least_quantity", meaning="from this quantity of a week on", unit="piece", key=True, least=0, default="0",
            example="0"),
    _week("from_week", meaning="from this week on; empty: ever", key=True, example=""),
    _number("price", meaning="of one piece", unit="currency", least=0, required=True, example="0.55"),
    replace(_currency, required=True),
))  # fmt: skip


def _wanted(side: str) -> tuple[Column, ...]:
    """Columns in which offers and needs meet, with what they mean on one side."""
    offered = side == "offered"
    return (
        _name("kind", meaning="of what", required=True, choices=SUBJECTS, example="test" if offered else "chip"),
        _text("title", meaning="in one line", required=True,
              example="Final test for grade 1 microcontrollers" if offered else "Body controller, grade 1"),
        _text("title_zh", meaning="the same in Chinese",
              example="车规级MCU成品测试" if offered else "车规级车身控制器芯片"),
        _text("description", meaning="in a few sentences", example=""),
        _text("description_zh", meaning="the same in Chinese", example=""),
        _name("product", meaning="the product, where it is one of the sheet", refers="products",
              example="" if offered else "DEMO-MCU"),
        _name("site", meaning="from where" if offered else "where it is needed", refers="sites",
              example="DEMO-OSAT-1" if offered else ""),
        _name("class", meaning="class of the catalogue", example="control"),
        _name("subclass", meaning="subclass of the catalogue", example=""),
        _whole("grade", meaning=f"AEC-Q100 grade {side}", least=0, most=3, example="1"),
        _name("package_family", meaning=side, example="LQFP"),
        _whole("pins_least", meaning=f"smallest pin count {side}", least=1, example="48" if offered else "100"),
        _whole("pins_most", meaning=f"largest pin count {side}", least=1, example="208" if offered else "100"),
        _number("node_least_nm", meaning=f"smallest node {side}", unit="nm", above=0, example=""),
        _number("node_most_nm", meaning=f"largest node {side}", unit="nm", above=0, example=""),
        _number("voltage_least_v", meaning=f"lowest supply voltage {side}", unit="V", example=""),
        _number("voltage_most_v", meaning=f"highest supply voltage {side}", unit="V", example=""),
        _list("interfaces", meaning=side, example="" if offered else "CAN FD; LIN"),
        _number("temperature_least_c", meaning=f"lowest temperature {side}", unit="C", least=-273, example="-40"),
        _number("temperature_most_c", meaning=f"highest temperature {side}", unit="C", least=-273, example="125"),
        _list("certificates", meaning="held" if offered else "asked for", example="IATF 16949"),
        _number("quantity", meaning=f"{side} in each week", unit="unit", least=0,
                example="50000" if offered else "12000"),
        _name("unit", meaning="of the quantity", choices=CAPACITY_UNITS, default=PIECE, example="piece"),
        _week("from_week", meaning="first week", example="2027-W05"),
        _week("until_week", meaning="last week; empty: open", example=""),
        _whole("lead_weeks", meaning="from order to delivery" if offered else "longest that can be waited", unit="week",
               least=0, example="2"),
        _number("price", meaning="of one unit, asked" if offered else "of one unit, at most", unit="currency", least=0,
                example="0.55"),
        _currency,
        _date("valid_until", meaning="last day on which it stands", example="2027-12-31"),
        _text("contact", meaning="whom to write to", example=""),
    )  # fmt: skip


OFFERS = Table("offers", "What a party can give: chips, capacity, laboratory services, research.", (
    _name("offer", meaning="its name", key=True, required=True, example="O-001"),
    _name("party", meaning="who offers", required=True, refers="parties", example="DEMO-OSAT"),
    *_wanted("offered"),
    _name("equipment", meaning="of a laboratory: what it offers, in the words of its schedule",
          example=""),
))  # fmt: skip

NEEDS = Table("needs", "What a party looks for: chips, capacity, laboratory services, research.", (
    _name("need", meaning="its name", key=True, required=True, example="N-001"),
    _name("party", meaning="who needs", required=True, refers="parties", example="DEMO-CARS"),
    *_wanted("needed"),
    _name("program", meaning="vehicle program that it is for", refers="products", example="DEMO-CAR"),
))  # fmt: skip

POLICIES = Table("policies", "A lever that somebody sets; a plan is shown with it and without.", (
    _name("policy", meaning="its name", key=True, required=True, example="DEMO-GRANT"),
    _name("lever", meaning="what it moves", required=True, choices=LEVERS, example="capex-share"),
    _name("party", meaning="who sets it", refers="parties", example=""),
    _list("who", meaning="capex-share: the capacity group; priority: demands, products or customers; local-share: "
          "sites; stock-duty: items, such as DEMO-MCU after test", required=True, example="DEMO-OSAT-1-TEST"),
    _week("from_week", meaning="first week; empty: ever", example="2027-W10"),
    _week("until_week", meaning="last week; empty: open", example=""),
    _number("units", meaning="capex-share: more in each week", unit="unit of the group", least=0, example="40"),
    _number("capex", meaning="capex-share: what the new machines cost", unit="currency", least=0, example="900000"),
    _number("share", meaning="capex-share: the public's part of it; local-share: least part that is started there",
            least=0, most=1, example="0.3"),
    _whole("class", meaning="priority: 1 is served first", least=1, most=9, example=""),
    _list("products", meaning="local-share: of which products", refers="products", example=""),
    _name("stage", meaning="local-share: at which stage; empty: every one", choices=ALL_STAGES, example=""),
    _number("weeks_of_use", meaning="stock-duty: how long what lies there lasts", unit="week", least=0, example=""),
    _number("public_part", meaning="stock-duty: the public's part of holding it", least=0, most=1, example=""),
    _number("price", meaning="local-share, stock-duty: of a missing piece; empty: above any shortage", unit="currency",
            least=0, example=""),
    _text("note", meaning="anything else", example=""),
))  # fmt: skip

DISRUPTIONS = Table("disruptions", "What a party told of a change of demand or capacity (CX-0146).", (
    _name("disruption", meaning="its name", key=True, required=True, example="D-001"),
    _name("effect", meaning="on what and which way", required=True, choices=EFFECTS, example="capacity-reduction"),
    _name("cause", meaning="leading root cause", required=True, choices=CAUSES, example="production-incident"),
    _list("sites", meaning="of the sender that are affected", refers="sites", example="DEMO-OSAT-1"),
    _list("customer_sites", meaning="of the recipient that are affected", refers="sites", example=""),
    _list("products", meaning="that are affected; empty: all of the sites", refers="products", example="DEMO-MCU"),
    _date("from_day", meaning="first day of the effect", required=True, example="2027-02-01"),
    _date("until_day", meaning="last day that is expected; empty: not known", example="2027-02-26"),
    _name("state", meaning="whether it goes on", required=True, choices=DISRUPTION_STATES, example="open"),
    _text("text", meaning="in words", example="Demo: test floor without power"),
    _text("measure", meaning="what is done about it", example=""),
))  # fmt: skip

DAYS_OF_SUPPLY = Table("days_of_supply", "For how many days the stock of a site lasts, as its owner tells (CX-0145).", (
    _name("product", meaning="what", key=True, required=True, refers="products"),
    _name("site", meaning="where", key=True, required=True, refers="sites"),
    _name("direction", meaning="of a supplier or a customer's stores", key=True, required=True, choices=DIRECTIONS),
    _date("day", meaning="when", key=True, required=True),
    _number("days", meaning="days of supply", unit="day", required=True),
), sheet=False)  # fmt: skip

MESSAGES = Table("messages", "A Catena-X message as it came: what its rows in the other tables were read from.", (
    _name("aspect", meaning="the aspect model", key=True, required=True),
    _name("message", meaning="its identity", key=True, required=True),
    _text("content", meaning="the whole of it, as JSON", required=True),
), sheet=False)  # fmt: skip

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PARTIES, SITES, PRODUCTS, BILLS, GROUPS, ROUTES, ROUTE_WEEKS, CAPACITY, DEMAND, STOCK, WIP, PRICES, OFFERS,
        NEEDS, LINKS, ALERTS, POLICIES, *MACHINE_TABLES, SHORT_TERM, DISRUPTIONS, DAYS_OF_SUPPLY, MESSAGES,
    )
}  # fmt: skip
"""Every table by its name, in the order in which a person fills them."""
