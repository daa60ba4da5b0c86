//! The table. A claim about the programs goes in only with a test; what people know of each other outside of them has none.

use super::{
    Learns::{All, Consent, Guess, Never, Own},
    Role::{self, Counterparty, Everybody, Gateway, Member, Node, Operator, Registrar, Treasury, Verifier, Viewer},
    Row,
    Thing::{self, Activity, Connections, Limits, Money, Offers, Parties, Persons, Prices, Quantities, Readings, Sums},
    Until,
};

const fn row(
    role: Role,
    thing: Thing,
    learns: super::Learns,
    until: Until,
    what: &'static str,
    tests: &'static [&'static str],
) -> Row {
    Row { role, thing, learns, what, until, tests }
}

/// Every role beyond everybody, and everybody of every thing.
pub const ROWS: &[Row] = &[
    row(
        Everybody,
        Prices,
        All,
        Until::Ledger,
        "every clearing price and the price of every contract, with utility and window",
        &[
            "ledger/tests/rules/auction_windows.rs::the_index_knows_every_auction_and_its_price",
            "node/tests/http/reading.rs::prices_are_those_of_the_contracts_and_the_tariff",
        ],
    ),
    row(
        Everybody,
        Activity,
        All,
        Until::Ledger,
        "which meter number posted which window, with its status and whether it was corrected; how many transactions of which \
         kind there were, and when; how many orders each side of an auction had; how much was minted and burned in all",
        &[
            "node/tests/http/reading.rs::all_meters_are_listed_with_their_keys_and_where_their_chains_stand",
            "node/tests/http/auctions.rs::an_auction_is_told_with_its_deadlines_and_orders",
            "ledger/tests/rules/issuance.rs::what_is_minted_and_burned_is_the_supply",
        ],
    ),
    row(
        Everybody,
        Offers,
        Consent,
        Until::Board,
        "what a household puts on the boards: its address, window, quantity and price. Who reads a board may copy it; \
         an offer can be given to one person instead (`--no-board`), and auctions need none",
        &[
            "node/tests/http/board.rs::an_offer_is_listed_once_for_everybody",
            "node/tests/http/board.rs::the_client_posts_and_reads_offers_and_believes_none_without_its_signature",
        ],
    ),
    row(
        Everybody,
        Readings,
        Never,
        Until::Never,
        "a commitment for each interval, zeros included, which only the day's reading key opens",
        &[
            "wallet/tests/trade.rs::a_pairing_with_another_key_or_another_meter_opens_nothing",
            "meter-attest/tests/attestor_drafts.rs::no_blinding_ever_hides_two_values_whatever_was_built_before",
            "meter-attest/tests/attestor.rs::with_a_broken_generator_no_blinding_hides_two_values",
        ],
    ),
    row(
        Everybody,
        Sums,
        Guess,
        Until::Ledger,
        "of one meter: sums of commitments, which are commitments themselves. Where the community makes totals, the total of a \
         period over a cohort of meters (`k_min` of them, ten as a rule) or over trades (eight of one price at least) once a \
         registrar asked for it and enough members of the committee answered, from which whoever knows what the others in it had \
         has the last one's; which meter numbers were left out, and which of a cohort's meters have one owner",
        &[
            "ledger/tests/rules/metering.rs::running_sums_open_to_the_sums_of_all_readings",
            "ledger/tests/rules/totals.rs::any_quorum_opens_the_sum_to_the_watt_hour",
            "ledger/tests/rules/totals.rs::one_or_two_meters_are_never_left_out",
            "ledger/tests/rules/totals_trades.rs::fewer_than_eight_trades_are_no_total_and_none_is_left_out",
        ],
    ),
    row(
        Everybody,
        Quantities,
        Never,
        Until::Never,
        "commitments; trying all quantities finds nothing",
        &["ledger/tests/attacks.rs::the_public_cannot_search_what_was_delivered"],
    ),
    row(
        Everybody,
        Limits,
        Guess,
        Until::Never,
        "no limit; but the price lies between the limits of those who traded, and where one bid met one ask it tells each owner \
         much of the other's limit",
        &["ledger/tests/rules/auction_windows.rs::one_bid_and_one_ask_meet_in_the_middle"],
    ),
    row(
        Everybody,
        Money,
        Never,
        Until::Never,
        "commitments; what opens them is sealed for the payee in hints, which nodes delete after the retention",
        &[
            "tests/roles.rs::the_chain_and_its_hints_hold_no_address_and_no_secret_of_a_household",
            "wallet/tests/wallet.rs::garbled_missing_and_foreign_hints_are_unpaid",
            "node/tests/forgetting.rs::what_is_past_its_time_is_found_before_it_is_deleted_and_nothing_of_it_after",
        ],
    ),
    row(
        Everybody,
        Parties,
        Guess,
        Until::Ledger,
        "the set of notes that each spend hides in, and that one of its owners spent. Where only one household can have \
         exported, who sold is public; a small community's sets are small",
        &[
            "ledger/tests/attacks.rs::a_single_waiting_note_never_seals_alone",
            "wallet/tests/household/auctions.rs::too_little_company_is_asked_about_first",
        ],
    ),
    row(
        Everybody,
        Persons,
        Never,
        Until::Never,
        "no address, no view or spend key, and no name: no program that writes to the ledger is told one. Meters have numbers, \
         notes have keys that are used once",
        &["tests/roles.rs::the_chain_and_its_hints_hold_no_address_and_no_secret_of_a_household"],
    ),
    row(
        Everybody,
        Connections,
        Never,
        Until::Never,
        "nothing of it is on the ledger, in a metric or in the pages of a node",
        &["node/tests/http/submitting.rs::the_node_can_tell_clients_apart_and_learns_no_address"],
    ),
    row(
        Node,
        Connections,
        Own,
        Until::Connection,
        "the internet address, and when, of whoever hands a transaction in to this node or reads from it; never what a wallet \
         looks for, since wallets read everything. A reverse proxy before it may log more: that is its operator's doing",
        &[
            "node/tests/http/submitting.rs::the_node_can_tell_clients_apart_and_learns_no_address",
            "node/tests/http/description.rs::no_path_asks_for_a_note_a_key_an_image_or_an_address",
        ],
    ),
    row(
        Counterparty,
        Quantities,
        Own,
        Until::Kept,
        "that contract's quantity, and what was delivered of it",
        &[
            "wallet/tests/trade.rs::a_buyer_finds_full_partial_and_zero_delivery_and_every_refund",
            "wallet/tests/household/trading.rs::energy_is_offered_ordered_measured_delivered_and_paid",
        ],
    ),
    row(
        Counterparty,
        Money,
        Own,
        Until::Kept,
        "the amount of the payment between the two; a seller also the refund's, since he knows price and quantities",
        &["wallet/tests/household/money.rs::a_payment_arrives_and_both_sides_see_what_it_was"],
    ),
    row(
        Counterparty,
        Parties,
        Own,
        Until::Kept,
        "a payer knows the address that he pays, a buyer that of the seller; a payee is told a message at most, and \
         nobody who spends those notes later",
        &["wallet/tests/household/money.rs::a_payment_arrives_and_both_sides_see_what_it_was"],
    ),
    row(
        Operator,
        Quantities,
        All,
        Until::Book,
        "quantity and fill of each order that he admits, sealed in his book",
        &[
            "node/operator/tests/market/admission.rs::what_is_kept_and_told_has_no_secret_of_an_order",
            "node/operator/tests/market/clearing.rs::orders_are_collected_cleared_settled_and_forgotten",
        ],
    ),
    row(
        Operator,
        Limits,
        All,
        Until::Book,
        "the limit of each order that he admits, before orders close",
        &[
            "node/operator/tests/market/admission.rs::an_opening_that_was_not_sealed_for_this_order_or_does_not_open_it_is_refused",
            "node/operator/tests/market/books.rs::on_a_real_disk_files_are_their_owners_and_forgetting_leaves_none",
        ],
    ),
    row(
        Operator,
        Money,
        Own,
        Until::Book,
        "value and place of the notes that his clearing makes; not whose they are",
        &["node/operator/tests/market/clearing.rs::orders_are_collected_cleared_settled_and_forgotten"],
    ),
    row(
        Operator,
        Connections,
        Own,
        Until::Connection,
        "the internet address from which an order is handed in to him, unless it is relayed; it limits how often one address asks",
        &["node/operator/src/door/rates.rs::addresses_of_long_ago_are_forgotten"],
    ),
    row(
        Treasury,
        Money,
        Own,
        Until::Kept,
        "what it pays out and what is paid back to it, and the place of those notes",
        &["wallet/tests/history.rs::the_treasurys_history_has_what_it_minted_paid_and_burned"],
    ),
    row(
        Treasury,
        Parties,
        Own,
        Until::Kept,
        "the address that it tops up; of what is paid back to it what the payer says",
        &["tests/cli_wallet/treasury.rs::a_treasurer_mints_the_first_money_tops_households_up_and_burns"],
    ),
    row(
        Treasury,
        Persons,
        Own,
        Until::Kept,
        "whose address it is that it tops up, since euros come from a bank account. No trade follows from it",
        &[],
    ),
    row(
        Registrar,
        Persons,
        All,
        Until::Register,
        "who has which meter, how to reach him, what he agreed to, sums that are open: what people told for the register, \
         encrypted, apart from every node; of readings and payments nothing",
        &[
            "node/registrar/tests/register.rs::a_copy_for_the_person_has_everything_and_nobody_else",
            "node/registrar/tests/erasing.rs::after_erasing_no_file_of_the_folder_has_the_person_and_before_it_the_same_search_finds_her",
        ],
    ),
    row(
        Member,
        Sums,
        Guess,
        Until::Shares,
        "alone nothing: his share of a meter's sum, or of what was delivered in a trade, goes with every amount alike. Together with \
         as many others as the threshold asks for he could open any of them without anybody noticing; his program releases only \
         the total that the ledger has fixed, and only once",
        &[
            "crypto/tests/sharing.rs::fewer_members_than_the_threshold_learn_nothing",
            "ledger/tests/rules/totals.rs::two_subsets_cannot_be_asked_of_two_halves_of_the_committee",
        ],
    ),
    row(
        Gateway,
        Readings,
        Own,
        Until::Store,
        "every reading of its own meter, in clear; its page shows them to the paired household only",
        &[
            "meter-attest/gateway/tests/page.rs::only_the_paired_household_reads_the_readings",
            "meter-attest/gateway/tests/forgetting.rs::what_is_past_the_retention_goes_with_every_byte_and_the_sums_stay",
        ],
    ),
    row(
        Gateway,
        Sums,
        Own,
        Until::Kept,
        "the running sums of its own meter, whose openings it keeps",
        &[
            "meter-attest/gateway/tests/service/delivery.rs::a_window_without_telegrams_is_estimated_and_the_sums_equal_the_registers",
        ],
    ),
    row(
        Gateway,
        Persons,
        Own,
        Until::Kept,
        "its household's address, to which the energy notes are made; it cannot spend them",
        &["meter-attest/tests/attestor.rs::a_real_day_of_a_community_is_attested_and_every_value_opens"],
    ),
    row(
        Viewer,
        Quantities,
        Own,
        Until::Kept,
        "of that household: its contracts and orders",
        &["wallet/tests/auction.rs::a_wallet_that_only_looks_sees_orders_fills_and_what_they_spent"],
    ),
    row(
        Viewer,
        Limits,
        Own,
        Until::Kept,
        "of that household: the limits of its orders",
        &["wallet/tests/auction.rs::a_wallet_that_only_looks_sees_orders_fills_and_what_they_spent"],
    ),
    row(
        Viewer,
        Money,
        Own,
        Until::Kept,
        "of that household: every payment and the balance, also later ones; the key cannot be taken back",
        &["wallet/tests/copies.rs::a_wallet_that_only_looks_sees_all_that_its_household_does"],
    ),
    row(
        Viewer,
        Parties,
        Own,
        Until::Kept,
        "of that household: what its own wallet knows of whom it pays",
        &["wallet/tests/household/keeping.rs::a_view_only_wallet_sees_what_is_spent_and_cannot_spend"],
    ),
    row(
        Verifier,
        Readings,
        Consent,
        Until::Kept,
        "the one reading that was proven to him",
        &["ledger/tests/disclosure/holds.rs::a_reading_is_shown_with_its_time_and_status"],
    ),
    row(
        Verifier,
        Sums,
        Consent,
        Until::Kept,
        "the amount of a bill, that a limit was kept, or what readings or trades of some days add up to, and of which meter and \
         period; no single reading",
        &[
            "ledger/tests/disclosure/bills.rs::a_bill_says_what_was_read_and_nothing_more",
            "ledger/tests/disclosure/totals.rs::a_meters_readings_add_up",
        ],
    ),
    row(
        Verifier,
        Quantities,
        Consent,
        Until::Kept,
        "what was delivered by the one contract that was shown",
        &["ledger/tests/disclosure/holds.rs::a_delivery_is_shown_by_both_of_its_sides_with_the_ledgers_terms"],
    ),
    row(
        Verifier,
        Money,
        Consent,
        Until::Kept,
        "one payment, or that a balance is at least so much; of a balance also the images of the notes shown, so that he notices \
         when they are spent",
        &[
            "ledger/tests/disclosure/holds.rs::a_payment_is_shown_by_both_of_its_sides",
            "ledger/tests/disclosure/holds.rs::two_balances_of_the_same_notes_show_the_same_images_and_nothing_else_alike",
        ],
    ),
    row(
        Verifier,
        Parties,
        Consent,
        Until::Kept,
        "the address that was paid; that the maker of the proof is the seller or the buyer of a contract; of shared energy in \
         all, which contracts and orders were the maker's. An answer to a request convinces nobody else: whoever asked could \
         have made it up",
        &[
            "ledger/tests/disclosure/cheats.rs::a_payer_cannot_name_another_payee_or_amount",
            "ledger/tests/disclosure/designated.rs::what_the_verifier_makes_up_holds_like_what_a_household_answers_and_looks_the_same",
        ],
    ),
];
