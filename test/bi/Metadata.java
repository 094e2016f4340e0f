// What a Java program is told of the views, for 070_bi_metadata.pl: Metadata.java URL
// Lines of fields with a tab between:
//   view    name, remarks
//   column  view, name, type, type of the server, size, digits, remarks
//   result  view, column, type, precision, scale
//   value   view, column, Java class, scale of a BigDecimal; each once
//   filter  rows and sum of a query with parameters
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.JDBCType;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

public class Metadata {
    static void line(Object... fields) {
        List<String> texts = new ArrayList<>();
        for (Object field : fields)
            texts.add(field == null ? "" : field.toString().replaceAll("[\t\r\n]", " "));
        System.out.println(String.join("\t", texts));
    }

    static String type(int number) {
        return JDBCType.valueOf(number).getName();
    }

    static List<String> views(DatabaseMetaData about) throws SQLException {
        List<String> names = new ArrayList<>();
        try (ResultSet r = about.getTables(null, "leadreturns", "%", new String[] {"VIEW"})) {
            while (r.next()) {
                names.add(r.getString("TABLE_NAME"));
                line("view", r.getString("TABLE_NAME"), r.getString("REMARKS"));
            }
        }
        return names;
    }

    static void columns(DatabaseMetaData about, String view) throws SQLException {
        try (ResultSet r = about.getColumns(null, "leadreturns", view, "%")) {
            while (r.next())
                // a view's name is a pattern here, in which _ stands for any character
                if (r.getString("TABLE_NAME").equals(view))
                    line("column", view, r.getString("COLUMN_NAME"), type(r.getInt("DATA_TYPE")),
                         r.getString("TYPE_NAME"), r.getInt("COLUMN_SIZE"),
                         r.getInt("DECIMAL_DIGITS"), r.getString("REMARKS"));
        }
    }

    static void values(Connection c, String view) throws SQLException {
        try (Statement s = c.createStatement();
             ResultSet r = s.executeQuery("SELECT * FROM leadreturns." + view)) {
            ResultSetMetaData m = r.getMetaData();
            TreeSet<String> seen = new TreeSet<>();
            for (int i = 1; i <= m.getColumnCount(); i++)
                line("result", view, m.getColumnName(i), type(m.getColumnType(i)),
                     m.getPrecision(i), m.getScale(i));
            while (r.next())
                for (int i = 1; i <= m.getColumnCount(); i++) {
                    Object value = r.getObject(i);
                    if (value != null)
                        seen.add(m.getColumnName(i) + "\t" + value.getClass().getSimpleName() + "\t"
                                 + (value instanceof BigDecimal d ? d.scale() : ""));
                }
            for (String value : seen)
                System.out.println("value\t" + view + "\t" + value);
        }
    }

    static void filter(Connection c) throws SQLException {
        try (PreparedStatement s = c.prepareStatement(
                 "SELECT count(*), sum(returned_value) FROM leadreturns.return_rate_by_buyer_daily"
                 + " WHERE day BETWEEN ? AND ? AND buyer = ?")) {
            s.setObject(1, LocalDate.of(2026, 7, 1));
            s.setDate(2, java.sql.Date.valueOf("2026-07-15"));
            s.setString(3, "=HYPERLINK(\"x\")");
            try (ResultSet r = s.executeQuery()) {
                r.next();
                line("filter", r.getLong(1), r.getBigDecimal(2));
            }
        }
    }

    public static void main(String[] arguments) throws SQLException {
        try (Connection c = DriverManager.getConnection(arguments[0])) {
            DatabaseMetaData about = c.getMetaData();
            for (String view : views(about)) {
                columns(about, view);
                values(c, view);
            }
            filter(c);
        }
    }
}
