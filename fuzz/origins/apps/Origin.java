// Tomcat with mappings of its own for concrete paths, and what a JVM does to case; decodes %2F and takes backslashes, as an administrator may say.
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;

public class Origin {
    record Route(String name, String method, String path, Pattern exact, Pattern folded) {}

    static final List<Route> ROUTES = new ArrayList<>();
    static final String BASE = System.getenv("ORIGIN_BASE");
    static final Locale TURKISH = new Locale("tr", "TR");

    static String source(String path) {
        StringBuilder out = new StringBuilder();
        for (String part : path.split("(?=\\{)|(?<=\\})")) {
            out.append(part.equals("{path}") ? ".+" : part.startsWith("{") ? "[^/]+" : Pattern.quote(part));
        }
        return out.toString();
    }

    static String find(String method, String path) {
        for (Route route : ROUTES) if (route.method.equals(method) && route.exact.matcher(path).matches()) return route.name;
        return null;
    }

    // Segment by segment with equalsIgnoreCase, the template's own parameters taking anything.
    static boolean equal(Route route, String path) {
        if (route.path.contains("{path}")) return false;
        String[] ours = route.path.split("/", -1), theirs = path.split("/", -1);
        if (ours.length != theirs.length) return false;
        for (int i = 0; i < ours.length; i++) {
            if (!ours[i].equalsIgnoreCase(theirs[i]) && !(ours[i].startsWith("{") && ours[i].endsWith("}") && !theirs[i].isEmpty())) return false;
        }
        return true;
    }

    static class Api extends HttpServlet {
        final String own;
        Api(String own) { this.own = own; }

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            request.getInputStream().readAllBytes();
            String method = request.getMethod().equals("HEAD") ? "GET" : request.getMethod();
            StringJoiner said = new StringJoiner(",");
            if (own != null) {
                for (Route route : ROUTES) if (route.path.equals(own) && route.method.equals(method)) said.add("mapping=" + route.name);
            }
            String path = request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo());
            say(said, "servlet", find(method, path));
            say(said, "lower", find(method, path.toLowerCase(Locale.ROOT)));
            say(said, "turkish-lower", find(method, path.toLowerCase(TURKISH)));
            say(said, "upper-lower", find(method, path.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT)));
            for (Route route : ROUTES) {
                if (!route.method.equals(method)) continue;
                if (route.folded.matcher(path).matches()) { say(said, "caseless", route.name); break; }
            }
            for (Route route : ROUTES) {
                if (route.method.equals(method) && equal(route, path)) { say(said, "equals-ignore-case", route.name); break; }
            }
            if (!(path + "/").startsWith(BASE + "/")) say(said, "outside", "outside");
            String action = request.getParameter("Action");
            if (action != null && path.replaceAll("/+$", "").equals(BASE) && method.equals("GET")) {
                if (action.equalsIgnoreCase("DropPets")) say(said, "action", "dropPets");
                if (action.equalsIgnoreCase("FindPets")) say(said, "action", "findPets");
            }
            response.setHeader("X-Reached", said.toString());
            response.setContentLength(2);
            response.getOutputStream().print("{}");
        }

        static void say(StringJoiner said, String style, String name) { if (name != null) said.add(style + "=" + name); }
    }

    public static void main(String[] arguments) throws Exception {
        Logger.getLogger("").setLevel(Level.SEVERE);
        for (String line : System.getenv("ORIGIN_LINES").split("\n")) {
            String[] words = line.split("\t");
            if (words[2].contains("?")) continue;
            String source = source(words[2]);
            ROUTES.add(new Route(words[0], words[1], words[2], Pattern.compile(source),
                Pattern.compile(source, Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE)));
        }
        Tomcat tomcat = new Tomcat();
        Path folder = Path.of(System.getenv("ORIGIN_FOLDER"));
        tomcat.setBaseDir(folder.toString());
        Connector connector = new Connector();
        connector.setPort(Integer.parseInt(System.getenv("ORIGIN_PORT")));
        connector.setProperty("address", "127.0.0.1");
        connector.setProperty("maxKeepAliveRequests", "-1");
        connector.setProperty("keepAliveTimeout", "600000");
        connector.setProperty("maxThreads", "40");
        connector.setEncodedSolidusHandling("decode");
        connector.setAllowBackslash(true);
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", Files.createDirectories(folder.resolve("webapp")).toString());
        map(context, "any", new Api(null), "/*");
        for (Route route : ROUTES) {
            if (!route.path.contains("{") && System.getenv("ORIGIN_OWN").contains(" " + route.name + " ")) {
                map(context, route.name, new Api(route.path), route.path, route.path + "/*");
            }
        }
        tomcat.start();
        tomcat.getServer().await();
    }

    static void map(Context context, String name, HttpServlet servlet, String... patterns) {
        Wrapper wrapper = Tomcat.addServlet(context, name, servlet);
        for (String pattern : patterns) wrapper.addMapping(pattern);
    }
}
