import pytest

from portal.language import in_language, language_of, without_language


@pytest.mark.parametrize(
    ("path", "language", "swedish", "english"),
    [
        ("/", "sv", "/", "/en/"),
        ("/en/", "en", "/", "/en/"),
        ("/en", "en", "/", "/en/"),
        ("/vision/", "sv", "/vision/", "/en/vision/"),
        ("/en/vision/", "en", "/vision/", "/en/vision/"),
        ("/energi/", "sv", "/energi/", "/en/energi/"),
        ("/sv/", "sv", "/sv/", "/en/sv/"),
    ],
)
def test_address_decides_the_language(path, language, swedish, english):
    assert language_of(path) == language
    assert in_language(path, "sv") == swedish
    assert in_language(path, "en") == english


def test_without_language_keeps_words_that_begin_like_one():
    assert without_language("/entreprenad/") == "/entreprenad/"


@pytest.mark.parametrize(("path", "language"), [("/finns-inte/", "sv"), ("/en/finns-inte/", "en")])
def test_browser_and_cookie_do_not_change_the_language(client, db, path, language):
    client.cookies["django_language"] = "de"
    response = client.get(path, headers={"accept-language": "de, en;q=0.9"})
    assert response.headers["Content-Language"] == language
    assert f'lang="{language}"' in response.text
    assert response.headers["Vary"] == "Accept-Encoding"
    assert not response.cookies
