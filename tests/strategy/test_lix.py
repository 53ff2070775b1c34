import pytest

from strategy.lix import level, lix


@pytest.mark.parametrize(
    ("html", "value"),
    [
        # 4 words in 1 sentence, none of them long
        ("<p>Vi bor i stan.</p>", 4),
        # 6 words in 2 sentences, 1 long: 3 + 16.7
        ("<p>Vi bor här.<br>Kommunen är stor.</p>", 20),
        # Seven letters are long, six are not: 1 + 100, 1 + 0
        ("<p>trivsel</p>", 101),
        ("<p>tanken</p>", 1),
        # A heading and items are sentences without a full stop: 5 words in 3
        ("<h2>Mål</h2><ul><li>Bo här</li><li>Må bra</li></ul>", 2),
        # Numbers and what is abbreviated end no sentence: 10 words in 1
        ("<p>Vi ska nå 9.8 eller 7,0 t.ex. i år, 2024.</p>", 10),
        # A word in bold is a word; what follows a line break is a new one
        ("<p>En <strong>vis</strong>ion<br>är bra</p>", 4),
        ("", None),
        ("<p><br></p>", None),
    ],
)
def test_words_of_a_sentence_and_long_words_in_per_cent(html, value):
    assert lix(html) == value


def test_value_is_said_in_words():
    assert [str(level(value)) for value in (29, 30, 45, 59, 60)] == [
        "mycket lätt, som i böcker för barn",
        "lätt, som i skönlitteratur",
        "medelsvår, som i tidningar",
        "svår, som i myndigheters texter",
        "mycket svår",
    ]
