from torchkeras.cli.tables import plain_table, show_table

ROWS = [("tf.cast", "12", "dtype, name"), ("tf.keras.layers.Dense", "3", "")]


def test_columns_stand_under_each_other():
    lines = plain_table(("name", "uses", "arguments"), ROWS, 80).split("\n")
    assert lines[0].index("uses") == lines[2].index("12") == lines[3].index("3")
    assert lines[1].startswith("---")


def test_the_longest_column_gives_way():
    lines = plain_table(("name", "uses", "arguments"), ROWS, 36).split("\n")
    assert max(map(len, lines)) <= 36
    assert "tf.keras.layer..." in lines[3]


def test_several_columns_give_way_and_paths_keep_their_end():
    rows = [("encoder/block_12/attention/query", "GroupedQueryAttention", "2x16x16x64")]
    lines = plain_table(("layer", "class", "shape"), rows, 50).split("\n")
    assert max(map(len, lines)) <= 50
    assert lines[2].startswith("...")
    assert "/query" in lines[2]
    assert "2x16x16x64" in lines[2]


def test_a_terminal_gets_richs_table(capsys, monkeypatch):
    show_table(("name", "uses"), [("tf.cast", "12")])
    assert capsys.readouterr().out.startswith("name")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    show_table(("name", "uses"), [("tf[red]", "no")])
    assert "tf[red]" in capsys.readouterr().out
